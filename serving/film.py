"""Film: a video on its way to a file, and what is told of the finished one."""

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
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
        unread: What of that is beyond what the model reads; empty for all but long ones.
    """

    path: Path
    sha256: str
    seconds: float
    size: tuple[int, int]
    model_version: str
    rewrite: Rewrite | None = None
    unread: str = ""


@dataclass(frozen=True)
class Film:
    """A video on its way to a file.

    Attributes:
        takes: What lies between cuts, in order: pieces of frames uint8 [., H, W, 3] each; read once.
        count: How many frames they have together.
        fps: Frames a second.
        sound: float32 [S, channels], or None.
        sample_rate: Samples a second.
        size: (height, width) of the frames.
        enlarger: Brings them to the file's size.
        sampling: How its latent was drawn, in words.
        unread: What of the prompt the model did not read.
    """

    takes: Iterable[Iterable[np.ndarray]]
    count: int
    fps: int
    sound: np.ndarray | None
    sample_rate: int
    size: tuple[int, int]
    enlarger: Enlarger
    sampling: str
    unread: str

    def enlarged(self, size: tuple[int, int]) -> Iterator[np.ndarray]:
        """Pieces of a size; nothing is seen across a cut."""
        return chain.from_iterable(self.enlarger(take, size) for take in self.takes)


def require_recordable(outputs: Iterable[Path], seeds: Iterable[int], inputs: Iterable[Path | None] = ()) -> None:
    """Raise RequestRefused for an output that no mp4 can be written to, or a seed that the catalog cannot hold.

    Args:
        outputs: Files to be written; their folders need not exist.
        seeds: Of the noise.
        inputs: Files that are read, which none of the outputs may be.
    """
    try:
        read = {path.resolve() for path in inputs if path is not None}
        for output in outputs:
            _require_writable(output, read)
    except (OSError, RuntimeError) as error:  # the latter of links that lead in a circle
        raise RequestRefused(f"this output cannot be written: {error}; name another file") from error
    for seed in seeds:
        if not 0 <= seed <= _LARGEST_SEED:
            raise RequestRefused(f"a seed is a whole number from 0 to {_LARGEST_SEED}, not {seed}")


def _require_writable(output: Path, read: Collection[Path]) -> None:
    """Look at an output, and write as it will be written where it, or the first of its missing folders, is to be."""
    if output.is_dir() or not output.name:
        raise RequestRefused(f"{output} is a folder: name the mp4 that is to be written")
    if output.suffix.lower() != ".mp4" or (output.exists() and not output.is_file()):
        raise RequestRefused(f"{output} is not the name of an mp4, which is what is written: give one")
    if output.resolve() in read:
        raise RequestRefused(f"{output} is read: write to another file, so that the original is kept")
    folder = next(parent for parent in output.absolute().parents if os.path.lexists(parent))
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{output.stem}.", suffix=f".tmp{output.suffix}"):
        pass


def sides_of(latent: np.ndarray) -> tuple[int, int]:
    """(height, width) in pixels of the frames of a latent [C, T, h, w]."""
    return SPATIAL_STRIDE * latent.shape[2], SPATIAL_STRIDE * latent.shape[3]
