"""Resizing to delivery sizes: a centred crop to the exact aspect ratio, then Lanczos."""

from typing import Literal

import numpy as np

METHOD = "plain_resize: lanczos"
Resolution = Literal["480p", "720p", "1080p"]
USUAL: Resolution = "480p"
SHORT_SIDES: dict[Resolution, int] = {"480p": 480, "720p": 720, "1080p": 1080}


def delivery_size(aspect: str, resolution: Resolution = USUAL) -> tuple[int, int]:
    """(height, width) of an aspect ratio like "16:9": even sides, the shorter one as the resolution's name says.

    Raises:
        ValueError: ``aspect`` is not two positive numbers with a colon between them.
    """
    try:
        across, down = (int(part) for part in aspect.split(":"))
    except ValueError:
        raise ValueError(f"an aspect ratio is written like 16:9, not {aspect!r}") from None
    if across < 1 or down < 1:
        raise ValueError(f"an aspect ratio has positive parts, not {aspect!r}")
    short_side = SHORT_SIDES[resolution]
    long_side = round(short_side * max(across, down) / min(across, down) / 2) * 2
    return (short_side, long_side) if across >= down else (long_side, short_side)


def cover(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Frames uint8 [F, H, W, 3] that fill ``size`` (height, width): what sticks out is cropped evenly on both sides."""
    from PIL import Image

    height, width = size
    rows, columns = frames.shape[1:3]
    scale = max(height / rows, width / columns)
    inner_height, inner_width = min(rows, height / scale), min(columns, width / scale)  # rounding may exceed them
    top, left = (rows - inner_height) / 2, (columns - inner_width) / 2
    box = (left, top, min(columns, left + inner_width), min(rows, top + inner_height))
    resized = np.empty((len(frames), height, width, 3), np.uint8)
    for index, frame in enumerate(frames):
        picture = Image.fromarray(frame)
        resized[index] = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS, box=box))
    return resized
