"""Film: a video on its way to a file."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from serving.config import SPATIAL_STRIDE
from serving.upsampling.cascade import Enlarger


@dataclass(frozen=True)
class Film:
    """A video on its way to a file.

    Attributes:
        pieces: Its frames in order, uint8 [., H, W, 3] each; read once.
        count: How many frames they have together.
        fps: Frames a second.
        sound: float32 [S, channels], or None.
        sample_rate: Samples a second.
        size: (height, width) of the frames.
        enlarger: Brings them to the file's size.
        sampling: How its latent was drawn, in words.
    """

    pieces: Iterator[np.ndarray]
    count: int
    fps: int
    sound: np.ndarray | None
    sample_rate: int
    size: tuple[int, int]
    enlarger: Enlarger
    sampling: str


def sides_of(latent: np.ndarray) -> tuple[int, int]:
    """(height, width) in pixels of the frames of a latent [C, T, h, w]."""
    return SPATIAL_STRIDE * latent.shape[2], SPATIAL_STRIDE * latent.shape[3]
