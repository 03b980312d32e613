"""Point tracks: where the picture's corners go from each frame to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT

Floats = NDArray[np.float64]

_POINTS = 160
_QUALITY, _APART = 0.004, 4.0  # of a corner against the best one; pixels between two corners
_WINDOW, _LEVELS = 11, 2
_RETURN = 0.5  # pixels that a point may miss itself by, followed there and back


@dataclass(frozen=True, eq=False)
class Steps:
    """M steps of points between neighbouring frames, in short sides from the frame's middle; arrays [M].

    Attributes:
        time: Of the step's middle, as a share of the clip.
        x, y: Where the point was halfway.
        dx, dy: How far it went, times the number of steps in the clip: as if it had gone on so.
        frames: Of the clip.
    """

    time: Floats
    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    frames: int


def steps(frames: NDArray[np.uint8]) -> Steps:
    """The steps of corners in uint8 [F, H, W, 3], F at least 2, by pyramidal Lucas-Kanade, checked both ways.

    Raises:
        ValueError: There is only one frame.
    """
    import cv2

    if len(frames) < 2:
        raise ValueError("one frame shows no motion: give at least two")
    height, width = frames.shape[1:3]
    ratio = SHORT / min(height, width)
    size = (round(width * ratio), round(height * ratio))
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    if size != (width, height):
        grey = [cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in grey]
    rows = []
    for at in range(len(grey) - 1):
        here, there = _followed(grey[at], grey[at + 1])
        time = np.full((len(here), 1), (at + 0.5) / (len(grey) - 1))
        rows.append(np.hstack([time, (here + there) / 2, there - here]))
    table = np.concatenate(rows) if rows else np.zeros((0, 5))
    table[:, 1:3] -= np.array(size) / 2
    table[:, 1:] /= SHORT
    table[:, 3:] *= len(grey) - 1
    time, x, y, dx, dy = table.T
    return Steps(time, x, y, dx, dy, len(grey))


def _followed(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Points [N, 2] and where they went, those that come back to themselves."""
    import cv2

    corners = cv2.goodFeaturesToTrack(first, _POINTS, _QUALITY, _APART)
    if corners is None:
        return np.zeros((0, 2)), np.zeros((0, 2))
    window = (_WINDOW, _WINDOW)
    went, found, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, corners.copy(), winSize=window, maxLevel=_LEVELS)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(second, first, went, went.copy(), winSize=window, maxLevel=_LEVELS)
    missed = np.linalg.norm((back - corners)[:, 0], axis=1)
    kept = (found[:, 0] == 1) & (returned[:, 0] == 1) & (missed < _RETURN)
    return corners[kept, 0].astype(float), went[kept, 0].astype(float)
