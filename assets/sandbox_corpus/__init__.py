"""The training corpus: clips of a corner of the sandbox world, specified in a manifest and rendered when needed."""
