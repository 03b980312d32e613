"""Parameters of the backbone, counted from its configuration: the closed form of what ``Backbone(config)`` holds."""

from dataclasses import dataclass

from models.recipes import REFERENCE_SIZE, BackboneConfig

_WAVES = 256  # inputs of the time embedding's first layer (models.backbone.time)
_REFERENCE_PATCH = 16  # pixels (models.backbone.reference)
_REFERENCE_LAYERS = 2


@dataclass(frozen=True)
class Parameters:
    """Counts by what can be divided.

    Attributes:
        layers: Number of blocks.
        matrices: Of one block: what tensor parallelism divides, and the core count is made of.
        rest: Of one block: its modulation table and norm.
        shared: Of everything outside the blocks.
        largest: Of the largest single tensor.
    """

    layers: int
    matrices: int
    rest: int
    shared: int
    largest: int

    @property
    def core(self) -> int:
        """Matrices of all blocks: the count that sizes are named by."""
        return self.layers * self.matrices

    @property
    def total(self) -> int:
        """All of them."""
        return self.layers * (self.matrices + self.rest) + self.shared

    def of_block(self, tensor: int = 1) -> float:
        """One block's on a rank of ``tensor`` that share its matrices."""
        return self.matrices / tensor + self.rest

    def of_rank(self, tensor: int = 1) -> float:
        """All that a rank of ``tensor`` holds."""
        return self.layers * self.of_block(tensor) + self.shared


def count(config: BackboneConfig) -> Parameters:
    """Parameters of a backbone: 8 D^2 + 3 D F a block (two attentions, a SwiGLU), and what stands around them."""
    width, ffn = config.width, config.ffn
    channels, inputs = (number * config.patch**2 for number in (config.latent_channels, config.input_channels))
    matrices = 8 * width**2 + 3 * width * ffn + (width**2 if config.reference else 0)
    shared = (
        inputs * width
        + sum(config.positions) * width
        + (_WAVES * width + width) + (width**2 + width)  # time
        + (6 * width**2 + 6 * width)  # the modulation that all blocks share
        + sum(encoder.width * width + 2 * width for encoder in config.text.encoders.values())
        + (2 * width**2 + 2 * width) + (width * channels + channels)  # head
    )  # fmt: skip
    if config.reference:
        tokens = (REFERENCE_SIZE // _REFERENCE_PATCH) ** 2
        layer = 4 * width**2 + 3 * width * ffn + 2 * width
        shared += (3 * _REFERENCE_PATCH**2 + tokens) * width + _REFERENCE_LAYERS * layer + 2 * width
    states = max(encoder.width for encoder in config.text.encoders.values())
    largest = max(6 * width**2, width * ffn, states * width)
    return Parameters(config.layers, matrices, 7 * width, shared, largest)
