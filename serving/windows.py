"""Windows over a line of frames or positions, and the weights with which what they say is blended."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Window:
    """The places from ``start`` up to but without ``stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many places it covers."""
        return self.stop - self.start

    @property
    def places(self) -> slice:
        """It, as an index."""
        return slice(self.start, self.stop)


def in_a_row(length: int, size: int, overlap: int) -> list[Window]:
    """Windows of ``size``, each beginning ``overlap`` before the end of the last; the very last may be shorter.

    Raises:
        ValueError: the overlap is not from 0 up to below the size.
    """
    _require(size, overlap)
    starts = range(0, max(length - overlap, 1), size - overlap)
    return [Window(start, min(start + size, length)) for start in starts]


def spread(length: int, size: int, overlap: int) -> list[Window]:
    """As few windows of one size as cover ``length``, evenly spread, neighbours sharing at least ``overlap``.

    Raises:
        ValueError: as ``in_a_row``.
    """
    _require(size, overlap)
    if length <= size:
        return [Window(0, length)]
    count = -(-(length - overlap) // (size - overlap))
    starts = np.rint(np.linspace(0, length - size, count)).astype(int)
    return [Window(int(start), int(start) + size) for start in starts]


def weights(windows: Sequence[Window], length: int) -> list[np.ndarray]:
    """What each window says counts for at each of its places, float32 [its length]; together 1 at every place.

    Where window k shares n places with the one before, its weight rises as ``(j + 3/4) / (n + 1/2)`` while the other's
    falls; then all are divided by their sum, which differs from 1 only where three or more windows meet. What windows
    that disagree change by where one begins or ends grows with the first weight, what they change by between with the
    steps of the ramp: with 3/4, neither is above what a window by itself changes by (``cinemill bench long``).

    Raises:
        ValueError: a place that no window covers.
    """
    ramps = []
    for index, window in enumerate(windows):
        ramp = np.ones(window.length)
        before = windows[index - 1].stop - window.start if index else 0
        after = window.stop - windows[index + 1].start if index + 1 < len(windows) else 0
        if before > 0:
            ramp[:before] *= _rising(before)[: window.length]
        if after > 0:
            ramp[-after:] *= _rising(after)[::-1][-window.length :]
        ramps.append(ramp)
    total = np.zeros(length)
    for window, ramp in zip(windows, ramps, strict=True):
        total[window.places] += ramp
    if not total.all():
        raise ValueError(f"no window covers place {int(np.flatnonzero(total == 0)[0])} of {length}")
    return [(ramp / total[w.places]).astype(np.float32) for w, ramp in zip(windows, ramps, strict=True)]


def _rising(shared: int) -> np.ndarray:
    return (np.arange(shared) + 0.75) / (shared + 0.5)


def _require(size: int, overlap: int) -> None:
    if not 0 <= overlap < size:
        raise ValueError(f"windows of {size} cannot overlap by {overlap}: 0 up to below their size")
