"""What can be wrong with text encoders."""


class TextEncoderMissing(RuntimeError):
    """Weights or a package of a text encoder cannot be had; the message says which and how they can."""


class TextEncoderDoesNotFit(ValueError):
    """A text encoder is not what the configuration says; the message says what to configure."""
