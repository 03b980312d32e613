"""Delivery: frames resized, marked and encoded one at a time, and what that takes.

``python -m serving.delivery HEIGHT WIDTH ROWS COLUMNS FRAMES FPS`` tries it: of frames of ROWS x COLUMNS.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from serving.media.mp4 import write_mp4
from serving.media.resize import cover
from serving.trial import Need, needed, settle, tell, tried
from serving.watermark import Watermarker

Size = tuple[int, int]
_FILLED = 48  # frames after which x264 holds no more on one core: it looks ahead 30, and keeps some to refer to
_A_CORE = 2  # more of them for each core: it encodes three frames for two cores at once


class Marker(Protocol):
    """Embeds an invisible mark: ``serving.watermark.Watermarker``."""

    def embed(self, frames: np.ndarray, payload: int) -> np.ndarray:
        """The frames uint8 [F, H, W, 3] with the mark of a 64-bit payload."""
        ...


def marked(marker: Marker, payload: int, pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Frames uint8 [H, W, 3] of pieces uint8 [., H, W, 3], with a mark."""
    for piece in pieces:
        yield from marker.embed(piece, payload)
        del piece  # the next one is made without this one beside it


def ready() -> None:
    """Load the libraries that frames pass through, which the idle process has from then on, and settle its memory."""
    import av
    import cv2
    from PIL import Image

    _ = av, cv2, Image
    settle()


def delivery_need(source: Size, size: Size, frames: int, fps: int) -> Need:
    """Bytes that resizing so many frames of a source to a size (height, width), marking and encoding them takes.

    Raises:
        TrialFailed: it could not be tried.
    """
    filled = _FILLED + _A_CORE * len(os.sched_getaffinity(0))
    return tried("serving.delivery", *map(str, (*size, *source, min(frames, filled), fps)))


def _main(size: Size, source: Size, frames: int, fps: int) -> None:
    ready()
    marker, still = Watermarker(bytes(32)), np.full((1, *source, 3), 128, np.uint8)

    def shown(rest: Callable[[], None]) -> Iterator[np.ndarray]:
        """The same frame again and again: only the first and the last are made for it."""
        (first,) = marked(marker, 0, [cover(still, size)])
        for _ in range(frames - 1):
            rest()
            yield first
        rest()
        yield from marked(marker, 0, [cover(still, size)])

    with tempfile.TemporaryDirectory() as scratch:
        tell(needed(lambda rest: write_mp4(Path(scratch) / "trial.mp4", shown(rest), fps)))


if __name__ == "__main__":
    height, width, rows, columns, count, rate = map(int, sys.argv[1:])
    _main((height, width), (rows, columns), count, rate)
