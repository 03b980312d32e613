"""Tiles: how a small clip is cut in time and in the picture when it is upsampled."""

from dataclasses import dataclass

import numpy as np

from serving.errors import RequestRefused
from serving.windows import Window, spread

STRIDE = 4  # the upsampler takes sides that are multiples of this


@dataclass(frozen=True)
class Tiles:
    """Sizes in frames and in pixels of the small clip; Movie Gen's values in time (3.1.5).

    Attributes:
        frames: Of a window.
        overlap: Frames that a window shares with the next.
        side: Pixels of a tile in height and width, at most.
        side_overlap: Pixels that it shares with each neighbour, at least.

    Raises:
        RequestRefused: a side is no multiple of 4, or an overlap is longer than half of what overlaps.
    """

    frames: int = 14
    overlap: int = 4
    side: int = 160
    side_overlap: int = 16

    def __post_init__(self) -> None:
        if self.side % STRIDE or self.side < STRIDE:
            raise RequestRefused(f"{self}: give a side that is a multiple of {STRIDE} pixels")
        if not 0 <= 2 * self.overlap <= self.frames or not 0 <= 2 * self.side_overlap <= self.side:
            raise RequestRefused(f"{self}: an overlap is from 0 up to half of what overlaps")

    def line(self, length: int) -> list[Window]:
        """Tiles along a side of ``length`` pixels, a multiple of 4: as few as there can be, and as small as those."""
        if length <= self.side:
            return [Window(0, length)]
        count = -(-(length - self.side_overlap) // (self.side - self.side_overlap))
        needed = -(-(length + (count - 1) * self.side_overlap) // count)
        return spread(length, -(-needed // STRIDE) * STRIDE, self.side_overlap)


def padded(frames: np.ndarray) -> np.ndarray:
    """uint8 [F, H, W, 3] with its last row and column held until the sides are multiples of 4."""
    down, across = (-side % STRIDE for side in frames.shape[1:3])
    return np.pad(frames, ((0, 0), (0, down), (0, across), (0, 0)), mode="edge") if down or across else frames


def laid(whole: np.ndarray, part: np.ndarray, axis: int, start: int, covered: int) -> None:
    """Put ``part`` at ``start`` of an axis of ``whole``, both uint8; what is there before ``covered`` fades into it.

    Place j of n that both hold counts ``(j + 1) / (n + 1)`` for the part and the rest for what was there, as
    ``serving.windows.weights`` has it: together 1.
    """
    shared = covered - start
    old, new = np.moveaxis(whole, axis, 0), np.moveaxis(part, axis, 0)
    for place in range(shared):
        share = (place + 1) / (shared + 1)
        mixed = old[start + place] + np.float32(share) * (new[place].astype(np.float32) - old[start + place])
        old[start + place] = np.rint(mixed)
    old[covered : start + len(new)] = new[shared:]
