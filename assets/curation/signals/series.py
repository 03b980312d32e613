"""A series: numbers over time, compact, and cut to spans."""

from array import array

import numpy as np

_EDGE = 1e-6  # seconds


class Series:
    """Rows of ``width`` numbers at rising times, 4 bytes a number: an hour of signals is a few megabytes."""

    def __init__(self, width: int = 1) -> None:
        self._width = width
        self._seconds = array("d")
        self._values = array("f")

    def add(self, seconds: float, *values: float) -> None:
        """Append a row."""
        assert len(values) == self._width
        self._seconds.append(seconds)
        self._values.extend(values)

    def between(self, start: float, end: float, *, since_last: bool = False) -> np.ndarray:
        """The rows in [start, end): float [N,width], or [N] for a width of 1.

        Args:
            start: Seconds.
            end: Seconds.
            since_last: The rows are changes since the frame before: the span's first frame, whose change lies
                outside of the span, is left out.
        """
        seconds = np.frombuffer(self._seconds) if self._seconds else np.zeros(0)
        low, high = np.searchsorted(seconds, (start - _EDGE, end - _EDGE))
        if since_last:
            low = min(low + 1, high)
        values = np.array(self._values, dtype=np.float32).reshape(-1, self._width)[low:high]
        return values[:, 0] if self._width == 1 else values
