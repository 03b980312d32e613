"""Adding the tile to frames: stronger where texture hides it, never absent where there is none."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from serving.watermark.tile import SIZE

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
FLOOR = 1.2  # grey levels (rms) on flat colour
CEILING = 2.4  # keeps the whole above 40 dB
GAIN = 0.2  # grey levels a grey level of local standard deviation
_WINDOW = (9, 9)

Frame = NDArray[np.uint8]


def strength(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many grey levels of the tile each pixel takes: [H, W]."""
    import cv2

    mean = cv2.blur(luma, _WINDOW)
    variance = cv2.blur(luma * luma, _WINDOW) - mean * mean
    deviation = np.sqrt(np.maximum(variance, 0))
    return np.clip(FLOOR + GAIN * deviation, FLOOR, CEILING)


def add_tile(frames: NDArray[np.uint8], tile: NDArray[np.float32]) -> Iterator[Frame]:
    """Each frame [H, W, 3] with the tile repeated over it, added to all three channels: luma moves, colour does not."""
    height, width = frames.shape[1:3]
    field = np.tile(tile, (-(-height // SIZE), -(-width // SIZE)))[:height, :width]
    for frame in frames:
        pixels = frame.astype(np.float32)
        change = strength(pixels @ LUMA) * field
        marked = pixels + change[..., None]
        # Saturated colours clip one or two channels: the others make up for the luma that is lost.
        lost = (marked - np.clip(marked, 0, 255)) @ LUMA
        marked += 2 * lost[..., None]
        yield np.clip(np.rint(marked), 0, 255).astype(np.uint8)
