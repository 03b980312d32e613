"""Passage: whether the corners of a picture go on through a stretch of film, as they do within a moving shot."""

from array import array

import numpy as np

from assets.checkers.tracking import Pair

_THROUGH = 0.15  # share of the corners from which they go through; of pairs of unrelated pictures 1 in 200 has it
_CORNERS = 16  # of a picture, from which their share says anything


class Passage:
    """Shares of corners that are found again from one looked-at frame to the next: 20 bytes each, eight a second."""

    def __init__(self) -> None:
        self._starts, self._ends, self._shares = array("d"), array("d"), array("f")

    def add(self, start: float, end: float, pair: Pair | None) -> None:
        """Append what was followed from the frame at ``start`` to the one at ``end`` (seconds); None for nothing."""
        self._starts.append(start)
        self._ends.append(end)
        self._shares.append(pair.share if pair is not None and pair.looked_for >= _CORNERS else 0.0)

    def through(self, first: float, last: float) -> bool:
        """Whether enough corners go all the way from ``first`` to ``last``: False also where nobody looked.

        The share that does is taken for the product of the shares of the steps between.
        """
        if not self._starts:
            return False
        starts, ends = np.frombuffer(self._starts), np.frombuffer(self._ends)
        low, high = int(np.searchsorted(ends, first, "right")), int(np.searchsorted(starts, last, "left"))
        if low >= high or starts[low] > first or ends[high - 1] < last:
            return False
        return float(np.prod(np.array(self._shares)[low:high])) >= _THROUGH
