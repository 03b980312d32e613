"""Point tracks: where the picture's corners go from each frame to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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


@dataclass(frozen=True, eq=False)
class Pair:
    """Corners of one frame that are found again in the next, N of them.

    Attributes:
        here, there: Where they are in the two frames, pixels of the shrunken frame, [N, 2].
        looked_for: Corners that the first frame has.
        size: Width and height of the shrunken frame.
    """

    here: Floats
    there: Floats
    looked_for: int
    size: tuple[int, int]

    @property
    def share(self) -> float:
        """Share of the first frame's corners that are found again, 0..1; of a frame without any, 1."""
        return len(self.here) / self.looked_for if self.looked_for else 1.0


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
    return joined([follow(one, other) for one, other in pairwise(map(shrunk, pictures))])


def shrunk(picture: Grey) -> Grey:
    """A grey picture, uint8 [H, W], at the size at which corners are followed."""
    import cv2

    height, width = picture.shape
    ratio = SHORT / min(height, width)
    size = (round(width * ratio), round(height * ratio))
    if size == (width, height):
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def joined(pairs: Sequence[Pair]) -> Steps:
    """The steps of a clip, from each of its pairs of neighbouring frames in order.

    Raises:
        ValueError: There is no pair.
    """
    if not pairs:
        raise ValueError("one frame shows no motion: give at least two")
    rows = []
    for at, pair in enumerate(pairs):
        time = np.full((len(pair.here), 1), (at + 0.5) / len(pairs))
        rows.append(np.hstack([time, (pair.here + pair.there) / 2, pair.there - pair.here]))
    table = np.concatenate(rows)
    table[:, 1:3] -= np.array(pairs[0].size) / 2
    table[:, 1:] /= SHORT
    table[:, 3:] *= len(pairs)
    time, x, y, dx, dy = table.T
    return Steps(time, x, y, dx, dy, len(pairs) + 1)


def follow(first: Grey, second: Grey) -> Pair:
    """The corners of ``first`` in ``second``, both ``shrunk``: those that come back to themselves."""
    import cv2

    size = (first.shape[1], first.shape[0])
    corners = _corners(first)
    if not len(corners):
        return Pair(np.zeros((0, 2)), np.zeros((0, 2)), 0, size)

    def go(one: Grey, other: Grey, points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
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

    went, found = go(first, second, corners)
    back, returned = go(second, first, went)
    kept = found & returned & (np.linalg.norm((back - corners)[:, 0], axis=1) < _RETURN)
    return Pair(corners[kept, 0].astype(float), went[kept, 0].astype(float), len(corners), size)


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
