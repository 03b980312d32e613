"""Film: a video on its way to a file, and what is told of the finished one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.config import SPATIAL_STRIDE
from serving.rewriting import Rewrite
from serving.upsampling.cascade import Enlarger


@dataclass(frozen=True)
class Made:
    """A finished file.

    Attributes:
        path: Where it is.
        sha256: Of its content: the key of ``cinemill lineage``.
        seconds: How long it plays.
        size: (height, width) in pixels.
        model_version: Of the champion that made it.
        rewrite: What the model was given in the prompt's place, if it was rewritten.
    """

    path: Path
    sha256: str
    seconds: float
    size: tuple[int, int]
    model_version: str
    rewrite: Rewrite | None = None


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
