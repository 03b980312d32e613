"""Enlarging: plain twice the size, where the upsampler's flow starts, and its state's layout."""

import numpy as np

SCALE = 2


def enlarged(frames: np.ndarray) -> np.ndarray:
    """uint8 [F, H, W, 3] by Lanczos as [F, 2 H, 2 W, 3]."""
    from PIL import Image

    height, width = frames.shape[1:3]
    large = np.empty((len(frames), SCALE * height, SCALE * width, 3), np.uint8)
    for index, frame in enumerate(frames):
        picture = Image.fromarray(np.ascontiguousarray(frame))
        large[index] = np.asarray(picture.resize((SCALE * width, SCALE * height), Image.Resampling.LANCZOS))
    return large


def folded(video: np.ndarray) -> np.ndarray:
    """Blocks of 2 x 2 pixels as channels: [B, C, F, 2 H, 2 W] -> [B, 4 C, F, H, W]."""
    batch, channels, frames, height, width = video.shape
    blocks = video.reshape(batch, channels, frames, height // SCALE, SCALE, width // SCALE, SCALE)
    rows, columns = height // SCALE, width // SCALE
    return blocks.transpose(0, 1, 4, 6, 2, 3, 5).reshape(batch, channels * SCALE**2, frames, rows, columns)


def unfolded(blocks: np.ndarray) -> np.ndarray:
    """What ``folded`` folded: [B, 4 C, F, H, W] -> [B, C, F, 2 H, 2 W]."""
    batch, channels, frames, rows, columns = blocks.shape
    apart = blocks.reshape(batch, channels // SCALE**2, SCALE, SCALE, frames, rows, columns)
    return apart.transpose(0, 1, 4, 5, 2, 6, 3).reshape(batch, -1, frames, SCALE * rows, SCALE * columns)
