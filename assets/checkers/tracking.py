"""Point tracks: where the picture's corners go from each frame to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

_CELL, _IN_CELL = 14, 4  # pixels of a square of the picture, and how many corners are followed in each
_CORNER = 2e-5  # smaller eigenvalue of the gradients' products (grey in 0 to 1) from which there is a corner
_APART, _EDGE = 5, 3  # pixels: of two corners the better one within so many, and none so near to the edge
_WINDOW, _LEVELS, _ITERATIONS, _EXACT, _FLAT = 9, 2, 20, 0.01, 1e-5
_RETURN = 0.3  # pixels that a point may miss itself by, followed there and back


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
    """The steps of corners in uint8 [F, H, W, 3], F at least 2.

    Raises:
        ValueError: There is only one frame.
    """
    import cv2

    return steps_of([np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in frames])


def steps_of(pictures: Sequence[Grey]) -> Steps:
    """The steps of corners in grey uint8 [H, W] of any size, by pyramidal Lucas-Kanade, checked both ways.

    Raises:
        ValueError: There is only one picture.
    """
    import cv2

    if len(pictures) < 2:
        raise ValueError("one frame shows no motion: give at least two")
    height, width = pictures[0].shape
    ratio = SHORT / min(height, width)
    size = (round(width * ratio), round(height * ratio))
    grey = list(pictures)
    if size != (width, height):
        smaller = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in grey)
        grey = [np.asarray(picture, np.uint8) for picture in smaller]
    rows = []
    for at in range(len(grey) - 1):
        here, there = _followed(grey[at], grey[at + 1])
        time = np.full((len(here), 1), (at + 0.5) / (len(grey) - 1))
        rows.append(np.hstack([time, (here + there) / 2, there - here]))
    table = np.concatenate(rows)
    table[:, 1:3] -= np.array(size) / 2
    table[:, 1:] /= SHORT
    table[:, 3:] *= len(grey) - 1
    time, x, y, dx, dy = table.T
    return Steps(time, x, y, dx, dy, len(grey))


def _corners(picture: Grey) -> NDArray[np.float32]:
    """The best corners of each cell, [N, 1, 2]: words or one bright house must not take all of them."""
    import cv2

    quality = cv2.cornerMinEigenVal(picture.astype(np.float32) / 255, 3, ksize=3)
    peak = (quality == cv2.dilate(quality, np.ones((_APART, _APART)))) & (quality > _CORNER)
    peak[:_EDGE] = peak[-_EDGE:] = peak[:, :_EDGE] = peak[:, -_EDGE:] = False
    rows, columns = np.nonzero(peak)
    cells = rows // _CELL * picture.shape[1] + columns // _CELL
    order = np.lexsort((-quality[rows, columns], cells))
    rows, columns, cells = rows[order], columns[order], cells[order]
    kept = np.arange(len(cells)) - np.searchsorted(cells, cells) < _IN_CELL
    return np.stack([columns[kept], rows[kept]], axis=1).astype(np.float32)[:, None]


def _followed(first: Grey, second: Grey) -> tuple[Floats, Floats]:
    """Points [N, 2] and where they went, those that come back to themselves."""
    import cv2

    corners = _corners(first)
    if not len(corners):
        return np.zeros((0, 2)), np.zeros((0, 2))

    def follow(one: Grey, other: Grey, points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ITERATIONS, _EXACT)
        went, found, _ = cv2.calcOpticalFlowPyrLK(
            one,
            other,
            points,
            points.copy(),
            winSize=(_WINDOW, _WINDOW),
            maxLevel=_LEVELS,
            criteria=stop,
            minEigThreshold=_FLAT,
        )
        return np.asarray(went, np.float32), found[:, 0] == 1

    went, found = follow(first, second, corners)
    back, returned = follow(second, first, went)
    kept = found & returned & (np.linalg.norm((back - corners)[:, 0], axis=1) < _RETURN)
    return corners[kept, 0].astype(float), went[kept, 0].astype(float)
