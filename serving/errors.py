"""What can go wrong in serving, as types: each message says what, where and what to do."""


class ServingError(Exception):
    """Base of everything that serving refuses or fails at."""


class BundleDamaged(ServingError):
    """A model bundle whose files are missing, unreadable or not what its manifest says."""


class BundleMissing(ServingError):
    """There is no model bundle in the folder."""


class VariantMissing(ServingError):
    """The model has no variant of the name that was asked for."""


class ProviderUnknown(ServingError):
    """The environment names an execution provider that there is none of."""


class GraphMissing(ServingError):
    """The model has no graph of the name that the request needs."""


class RequestRefused(ServingError):
    """A request outside what the model can do: length, size, aspect ratio, empty prompt."""


class CalibrationMissing(ServingError):
    """Step caching was asked for in a way that the model holds no calibration for."""


class SamplingFailed(ServingError):
    """The model produced values that are not finite."""


class StreamBroken(ServingError):
    """A stream that could not go on or be signed; what was made until then is kept."""


class Unrecorded(ServingError):
    """A file that is finished and signed, but could not be entered into the catalog."""


class PromptRefused(ServingError):
    """A prompt that the content policy does not allow; ``rule`` names why."""

    def __init__(self, rule: str, matched: str) -> None:
        super().__init__(f"the prompt is refused by rule '{rule}' (matched: {matched!r}); rephrase it without that")
        self.rule = rule
        self.matched = matched


class MediaError(ServingError):
    """A media file that cannot be read within limits, or written."""


class PictureRefused(ServingError):
    """A picture, or a frame of a video, that the content policy does not allow."""


class ModerationMissing(ServingError):
    """What judges pictures is not installed, so that none can be taken."""
