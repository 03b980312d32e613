"""Spans: where the clips of a shot begin and end."""

import math
from collections.abc import Iterator
from itertools import pairwise

MAX_SECONDS = 16.0  # the generator's context (Movie Gen 3.2.1)

Span = tuple[float, float]


def cut(start: float, end: float) -> Iterator[Span]:
    """A shot in equal parts of at most ``MAX_SECONDS``."""
    parts = max(1, math.ceil((end - start) / MAX_SECONDS - 1e-6))
    return pairwise(start + (end - start) * part / parts for part in range(parts + 1))
