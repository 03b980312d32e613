"""Floating-point operations of the backbone; a multiplication with its addition counts two, as torch's counter does."""

from dataclasses import dataclass

from models.recipes import BackboneConfig

_WAVES = 256


@dataclass(frozen=True)
class Flops:
    """Forward operations of one sample.

    Attributes:
        blocks: Matrix products with weights inside the blocks.
        attention: Products of queries with keys and of weights with values: in full, for no mask halves them.
        first: Products whose inputs need no gradient (patch embedding, text projection, time waves): these cost
            only once more backward.
        rest: Every other product outside the blocks.
    """

    blocks: float
    attention: float
    first: float
    rest: float

    @property
    def forward(self) -> float:
        """Of one forward pass."""
        return self.blocks + self.attention + self.first + self.rest

    @property
    def training(self) -> float:
        """Of a forward and a backward pass, nothing recomputed: what MFU counts as useful."""
        return 3 * self.forward - self.first


def of_sample(config: BackboneConfig, tokens: int, text_tokens: int) -> Flops:
    """Operations of one sample of ``tokens``, given so many tokens of text.

    A block: ``8 N D^2 + 4 N D^2 + 4 S D^2 + 6 N D F`` with weights and ``4 N^2 D + 4 N S D`` in attention, for N
    tokens, S text tokens, width D and feed-forward F. The text encoders have their shares of the text tokens as in the
    configuration.
    """
    width = config.width
    channels, inputs = (number * config.patch**2 for number in (config.latent_channels, config.input_channels))
    blocks = 12 * tokens * width**2 + 4 * text_tokens * width**2 + 6 * tokens * width * config.ffn
    attention = 4 * tokens * (tokens + text_tokens) * width
    first = 2 * tokens * inputs * width + 2 * text_tokens * config.text.mean_width * width + 2 * _WAVES * width
    rest = 2 * width**2 + 2 * width * 6 * width + 2 * width * 2 * width + 2 * tokens * width * channels
    return Flops(config.layers * blocks, config.layers * attention, first, rest)
