"""Why there is no plan."""


class NoPlan(RuntimeError):
    """A training that cannot run on the devices; the message says which need exceeds what, and what would do."""
