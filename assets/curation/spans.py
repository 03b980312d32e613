"""Spans: where the clips of a shot begin and end."""

import math
from collections.abc import Iterator
from itertools import pairwise

MAX_SECONDS = 16.0  # the generator's context (Movie Gen 3.2.1)
LONG_SECONDS = 12.0  # what its strictest set asks of a clip; the rest has four at least

Span = tuple[float, float]


def cut(start: float, end: float) -> Iterator[Span]:
    """A shot in parts of at most ``MAX_SECONDS``: equal, or of ``LONG_SECONDS`` and a rest if these are longer."""
    parts = max(1, math.ceil((end - start) / MAX_SECONDS - 1e-6))
    length = max((end - start) / parts, LONG_SECONDS)
    return pairwise([*(start + length * part for part in range(parts)), end])
