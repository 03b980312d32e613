"""Excerpts of the packages' footage, which no starter was trained on, for sheets."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assets.ingestion.packages import package_footage

_FILMS = ("bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4")
_FIRST = 24  # frame: the films fade in


def excerpts(side: int, frames: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Name and frames uint8 [F, side, side, 3] of each film, halved where it is large enough, cut at the middle."""
    for file in package_footage():
        if file.path.name in _FILMS:
            yield file.path.name, _excerpt(file.path, side, frames)


def _excerpt(path: Path, side: int, count: int) -> NDArray[np.uint8]:
    import av

    with av.open(str(path)) as container:
        decoded = islice(container.decode(video=0), _FIRST, _FIRST + count)
        frames = [frame.to_ndarray(format="rgb24") for frame in decoded]
    height, width = frames[0].shape[:2]
    factor = 2 if min(height, width) >= 2 * side else 1
    size = (width // factor, height // factor)
    large = [np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX)) for frame in frames]
    top, left = (size[1] - side) // 2, (size[0] - side) // 2
    return np.stack(large)[:, top : top + side, left : left + side]
