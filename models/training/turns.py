"""Turns: which of several buckets a training step takes its samples from."""

import math
from collections.abc import Sequence

import numpy as np


class Turns:
    """Buckets drawn by weight, one a step: a pure function of the step, so the same on every rank.

    No rank can get another bucket than its peers, and there is no state to save.

    Args:
        weights: Of the buckets, not negative, not all zero.
        seed: Of the draw.
    """

    def __init__(self, weights: Sequence[float], seed: int) -> None:
        shares = np.cumsum(weights)
        if not len(shares) or shares[-1] <= 0:
            raise ValueError("no bucket has a positive weight")
        self._bounds = shares / shares[-1]
        self._seed = seed
        self._drawn = np.zeros(0, dtype=np.int64)

    def bucket_at(self, step: int) -> int:
        """Number of the bucket of a step (from 0)."""
        return int(self._until(step)[step])

    def earlier(self, step: int) -> int:
        """How often the bucket of ``step`` had its turn before."""
        drawn = self._until(step)
        return int(np.count_nonzero(drawn[:step] == drawn[step]))

    def _until(self, step: int) -> np.ndarray:
        # A longer draw begins with the shorter one, so growing the table changes no earlier step.
        if step >= len(self._drawn):
            length = 1 << math.ceil(math.log2(step + 256))
            drawn = np.random.default_rng([self._seed, 0]).random(length)
            self._drawn = np.minimum(np.searchsorted(self._bounds, drawn, side="right"), len(self._bounds) - 1)
        return self._drawn
