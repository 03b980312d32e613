"""Judges that look at pixels only: which background colour, which object colour, which motion. NumPy alone."""

import numpy as np
from numpy.typing import NDArray

from assets.corpus.palette import COLOURS, lab, nearest

Frames = NDArray[np.uint8]
Floats = NDArray[np.float64]

_NOISE = 12.0  # Lab distance from the background below which nothing is believed to be there
_PRESENT = 0.002  # share of the frame below which nothing is there
_MOVED = 0.10  # of the frame's side, from the first to the last frames
_GREW = 1.6  # times the area
_BOUNCE = 0.12  # of the height, between the highest and the lowest place of one jump
_SPUN = 0.09  # share of the figure's area that differs from mid-clip in half of the frames, although it stays in place


def background_colour(frames: Frames) -> str:
    """Name of the colour nearest in Lab to the median of the border pixels of uint8 [F, H, W, 3]."""
    return nearest(_border(frames))


def object_colour(frames: Frames) -> str | None:
    """Name of the colour of what stands out from the border; None where nothing does.

    The background's name is no candidate: an object of that colour cannot be seen.
    """
    small = _halved(frames)
    distance = _distance(small, _border(frames))
    strong = distance > max(2 * _NOISE, 0.6 * float(np.percentile(distance, 99.5)))
    if strong.mean() < _PRESENT:
        return None
    background = background_colour(frames)
    among = tuple(name for name in COLOURS if name != background)
    return nearest(np.median(small[strong], axis=0), among=among)


def motion(frames: Frames) -> str | None:
    """What the foreground does, one of the corpus's motions; None where there is no foreground.

    From the path of the foreground's centroid, its area and, where both rest, how much of it changes.
    """
    distance = _distance(_halved(frames), _border(frames))
    mask = distance > max(2 * _NOISE, 0.4 * float(np.percentile(distance, 99.5)))
    area = mask.sum(axis=(1, 2))
    if len(frames) < 2 or np.median(area) < _PRESENT * mask[0].size:
        return None
    x, y = _path(mask, area)
    edge = max(1, len(frames) // 8)
    jump = _jump(y)
    if jump > _BOUNCE:
        return "bounces"
    right, down = x[-edge:].mean() - x[:edge].mean(), y[-edge:].mean() - y[:edge].mean()
    if max(abs(right), abs(down)) > _MOVED:
        if abs(right) > abs(down):
            return "right" if right > 0 else "left"
        return "down" if down > 0 else "up"
    if area[-edge:].mean() > _GREW * area[:edge].mean():
        return "grows"
    middle = mask[len(frames) // 2]
    changed = float(np.median((mask ^ middle).mean(axis=(1, 2))))
    return "spins" if changed > _SPUN * float(middle.mean()) else "still"


def _border(frames: Frames) -> Floats:
    wide = max(1, min(frames.shape[1:3]) // 16)
    inner = np.zeros(frames.shape[1:3], bool)
    inner[wide:-wide, wide:-wide] = True
    return np.asarray(np.median(frames[:, ~inner], axis=(0, 1)), np.float64)


def _halved(frames: Frames) -> Floats:
    """Means of 2x2 pixels, against noise: [F, H/2, W/2, 3]."""
    even = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2].astype(np.uint16)
    rows = even[:, ::2] + even[:, 1::2]
    return (rows[:, :, ::2] + rows[:, :, 1::2]) / 4


def _distance(small: Floats, border: Floats) -> Floats:
    """Lab distance of each pixel from the border's colour."""
    return np.asarray(np.linalg.norm(lab(small) - lab(border), axis=-1))


def _path(mask: NDArray[np.bool_], area: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Centroid of each frame's foreground, in shares of the width and height; frames without any hold the last."""
    height, width = mask.shape[1:]
    weight = np.maximum(area, 1)
    x = mask.sum(axis=1) @ (np.arange(width) + 0.5) / weight / width
    y = mask.sum(axis=2) @ (np.arange(height) + 0.5) / weight / height
    seen = np.maximum.accumulate(np.where(area > 0, np.arange(len(area)), 0))
    return x[seen], y[seen]


def _jump(y: Floats) -> float:
    """Height of the smaller of a fall and the rise that follows it: 0 for a path that goes one way."""
    low = np.maximum.accumulate(y) - y  # how far above its lowest place so far (y points down)
    lowest = int(np.argmax(low))
    rise = float(low[lowest])
    fall = float(np.max(y[: lowest + 1]) - y[0])
    return min(rise, fall)
