"""Missing signals: why a value is not there."""


class SignalMissing(RuntimeError):
    """A signal cannot be measured here; the message says why and what to do, and goes into the clip's row."""
