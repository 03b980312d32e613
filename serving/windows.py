"""Windows over a line of frames or positions, and the weights with which what they say is blended."""

from collections.abc import Callable, Sequence
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


def ramp(shared: int) -> np.ndarray:
    """What a window counts for at the places that it shares with the one before: ``(j + 3/4) / (n + 1/2)``, [n].

    What windows that disagree change by where one begins or ends grows with the first of these, what they change by
    between with the steps: with 3/4, neither is above what one window by itself changes by (``cinemill bench long``).
    """
    return (np.arange(shared) + 0.75) / (shared + 0.5)


def inner_ramp(shared: int) -> np.ndarray:
    """The same for what is worse at its ends, as decoded tiles are, which see their edge repeated or zeros beyond it.

    ``(j + 1 - m) / (n + 1 - 2 m)``, cut to [0, 1]: the outer ``m = n // 4`` at either end are context alone
    (``models.autoencoder.tiling.blended``).
    """
    margin = shared // 4
    line = (np.arange(shared) + 1 - margin) / (shared + 1 - 2 * margin)
    return np.asarray(line.clip(0, 1))


def weights(windows: Sequence[Window], length: int, rising: Callable[[int], np.ndarray] = ramp) -> list[np.ndarray]:
    """What each window says counts for at each of its places, float32 [its length]; together 1 at every place.

    Args:
        windows: In order.
        length: Places in all.
        rising: How the weight of a window rises over the places that it shares with the one before, whose weight falls
            so that both are 1; then all are divided by their sum, which differs from 1 only where three or more meet.

    Raises:
        ValueError: a place that no window covers.
    """
    shapes = []
    for index, window in enumerate(windows):
        shape = np.ones(window.length)
        before = windows[index - 1].stop - window.start if index else 0
        after = window.stop - windows[index + 1].start if index + 1 < len(windows) else 0
        if before > 0:
            shape[:before] *= rising(before)[: window.length]
        if after > 0:
            shape[-after:] *= rising(after)[::-1][-window.length :]
        shapes.append(shape)
    total = np.zeros(length)
    for window, shape in zip(windows, shapes, strict=True):
        total[window.places] += shape
    if not total.all():
        raise ValueError(f"no window covers place {int(np.flatnonzero(total == 0)[0])} of {length}")
    return [(shape / total[w.places]).astype(np.float32) for w, shape in zip(windows, shapes, strict=True)]


def _require(size: int, overlap: int) -> None:
    if not 0 <= overlap < size:
        raise ValueError(f"windows of {size} cannot overlap by {overlap}: 0 up to below their size")
