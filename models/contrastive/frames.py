"""Clips as the video tower takes them. Imports no torch."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.contrastive.config import FRAMES, SIDE

Frames = NDArray[np.uint8]


def prepared(frames: Frames, side: int = SIDE) -> Frames:
    """The middle square of a clip, by area at ``side`` pixels (enlarged linearly), at most eight frames evenly.

    Args:
        frames: uint8 [F, H, W, 3].
        side: Pixels.

    Returns:
        uint8 [min(F, 8), side, side, 3].

    Raises:
        ValueError: It is no uint8 array of that shape, or holds no frame.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or not frames.size:
        raise ValueError(f"frames are {frames.dtype} {frames.shape}: give uint8 [F, H, W, 3] with at least one frame")
    count = min(len(frames), FRAMES)
    chosen = ((np.arange(count) + 0.5) * len(frames) / count).astype(int)
    height, width = frames.shape[1:3]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    middle = frames[chosen, top : top + square, left : left + square]
    if square == side:
        return np.ascontiguousarray(middle)
    weights = _weights(square, side)
    rows = np.tensordot(middle.astype(np.float32), weights, (1, 1))  # [F, W, 3, side]
    fitted = np.tensordot(rows, weights, (1, 1))  # [F, 3, side down, side across]
    return np.ascontiguousarray(np.rint(fitted).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1))


@lru_cache(maxsize=64)
def _weights(before: int, after: int) -> NDArray[np.float32]:
    """Weights float32 [after, before] of the pixels of a line: means of those that a pixel touches, or linear ones."""
    place = np.arange(before)
    if before > after:
        low = np.arange(after)[:, None] * before // after
        high = -(-(np.arange(after)[:, None] + 1) * before // after)
        inside = ((place >= low) & (place < high)).astype(np.float32)
        return np.asarray(inside / inside.sum(axis=1, keepdims=True), np.float32)
    middles = ((np.arange(after) + 0.5) * before / after - 0.5).clip(0, before - 1)
    return np.asarray((1 - np.abs(middles[:, None] - place)).clip(0), np.float32)
