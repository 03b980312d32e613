"""Watermarker: an invisible mark of 64 bits in video that only the holder of the key can find."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from serving.watermark.detection import Detection, detect
from serving.watermark.embedding import add_tile
from serving.watermark.tile import patterns, tile


class Watermarker:
    """A keyed spread-spectrum mark on luma that survives re-encoding, scaling and cropping.

    It shows where a picture came from; it is no proof by itself. Who holds a marked clip can move its mark to another
    one, so accepting a mark needs a record that its payload names and whose picture resembles the clip.

    Raises:
        ValueError: the key has fewer than 16 bytes, or frames are not uint8 [F, H, W, 3].
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError(f"A watermark key has at least 16 bytes; this one has {len(key)}.")
        self._key = key

    def embed(self, frames: NDArray[np.uint8], payload: int, shot: int = 0) -> NDArray[np.uint8]:
        """The frames [F, H, W, 3] with the mark of ``payload`` (unsigned, 64 bits)."""
        _check(frames)
        marked = np.empty_like(frames)
        for index, frame in enumerate(add_tile(frames, tile(self._key, payload, shot))):
            marked[index] = frame
        return marked

    def detect(self, frames: Iterable[NDArray[np.uint8]]) -> Detection:
        """What mark of this key the frames carry: an array [F, H, W, 3], or a stream of [H, W, 3] for flat memory."""
        if isinstance(frames, np.ndarray):
            _check(frames)
        return detect(frames, patterns(self._key))


def _check(frames: NDArray[np.uint8]) -> None:
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise ValueError(f"Frames must be uint8 [F, H, W, 3], not {frames.dtype} {list(frames.shape)}.")
