"""Truth checkers: judges that look at pixels and samples only, measured against the sandbox world's truth."""
