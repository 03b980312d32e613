"""What can be wrong with weights and inputs of the networks."""


class WeightsDoNotFit(ValueError):
    """Weights on disk, or a change asked of them, do not suit the network; the message says which and what to do."""


class LatentDoesNotFit(ValueError):
    """A latent's shape is not one that the network can take; the message says which side and what to do."""


class TextDoesNotFit(ValueError):
    """Text states are not those of the encoders that a network was made for; the message says which and what to do."""
