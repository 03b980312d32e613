"""The upsampler's numbers. Imports no torch."""

from dataclasses import dataclass

SCALE = 2
"""Times that each side grows."""

STRIDE = 4
"""The sides of what is upsampled are multiples of this: the network halves them twice."""


@dataclass(frozen=True)
class UpsamplerConfig:
    """Widths of the spatial upsampler.

    Attributes:
        widths: Channels at the small picture's size, at a half and at a quarter of it.
        depth: Blocks at the quarter; there are one before and one after them at each of the other sizes.
        time_width: Of the embedding of the flow time.
    """

    widths: tuple[int, int, int] = (16, 32, 96)
    depth: int = 3
    time_width: int = 64
