"""Film: a video on its way to a file, and what is told of the finished one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.config import SPATIAL_STRIDE
from serving.errors import RequestRefused
from serving.rewriting import Rewrite
from serving.upsampling.cascade import Enlarger

_LARGEST_SEED = 2**63 - 1  # that the catalog holds


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


def require_recordable(outputs: Iterable[Path], seeds: Iterable[int]) -> None:
    """Raise RequestRefused for an output that is no name of a file, or a seed that the catalog cannot hold."""
    for output in outputs:
        if output.is_dir() or not output.name:
            raise RequestRefused(f"{output} is a folder: name the mp4 that is to be written")
    for seed in seeds:
        if not 0 <= seed <= _LARGEST_SEED:
            raise RequestRefused(f"a seed is a whole number from 0 to {_LARGEST_SEED}, not {seed}")


def sides_of(latent: np.ndarray) -> tuple[int, int]:
    """(height, width) in pixels of the frames of a latent [C, T, h, w]."""
    return SPATIAL_STRIDE * latent.shape[2], SPATIAL_STRIDE * latent.shape[3]
