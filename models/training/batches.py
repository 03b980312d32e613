"""Batches: which samples each rank sees at each step, as a pure function of the step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from models.recipes import DataMix, Split
from models.training.errors import DataMissing
from models.training.shards import Bucket, open_shards


@dataclass
class Batches:
    """The data of a training, addressed by step: no cursor, so nothing to save and nothing to lose.

    A step's bucket is drawn from the mix (group by weight, bucket by its number of samples), the same on every rank.
    Each bucket is walked through epoch by epoch, in a new random order each time, without replacement. The global
    batch does not depend on the world size: rank r of W takes the r-th of W equal slices of it.

    Args:
        mix: Groups and weights.
        batch_size: Samples of the global batch.
        seed: Of bucket choice and orders.
        split: Which split of the groups.

    Raises:
        DataMissing: A group has no samples.
        ShardDamaged: See ``open_shards``.
    """

    mix: Sequence[DataMix]
    batch_size: int
    seed: int
    split: Split = "train"
    _buckets: list[Bucket] = field(init=False)
    _bounds: np.ndarray = field(init=False)
    _choices: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        weighted: list[tuple[Bucket, float]] = []
        for part in self.mix:
            buckets = open_shards(Path(part.index)).group(part.group, self.split)
            total = sum(len(bucket) for bucket in buckets)
            weighted += [(bucket, part.weight * len(bucket) / total) for bucket in buckets]
        self._buckets = [bucket for bucket, _ in weighted]
        shares = np.cumsum([share for _, share in weighted])
        if not len(shares) or shares[-1] <= 0:
            raise DataMissing("the data mix is empty: give at least one group a positive weight")
        self._bounds = shares / shares[-1]
        self._choices = np.zeros(0, dtype=np.int64)

    def batch(self, step: int, rank: int, world_size: int) -> dict[str, Tensor]:
        """Rank ``rank``'s slice of the global batch of ``step`` (from 0). Raises ValueError for an uneven split."""
        if self.batch_size % world_size:
            raise ValueError(f"a batch of {self.batch_size} does not divide over {world_size} ranks")
        choice, rows = self.rows(step)
        share = self.batch_size // world_size
        return self._buckets[choice].gather(rows[rank * share : (rank + 1) * share])

    def rows(self, step: int) -> tuple[int, list[int]]:
        """Number of the bucket of a step, and the rows of the whole global batch in it."""
        choices = self._choices_until(step)
        choice = int(choices[step])
        visit = int(np.count_nonzero(choices[:step] == choice))
        size = len(self._buckets[choice])
        positions = np.arange(visit * self.batch_size, (visit + 1) * self.batch_size)
        orders = {epoch: self._order(choice, epoch, size) for epoch in np.unique(positions // size).tolist()}
        return choice, [int(orders[position // size][position % size]) for position in positions.tolist()]

    def _choices_until(self, step: int) -> np.ndarray:
        # A longer draw begins with the shorter one, so growing the table changes no earlier step.
        if step >= len(self._choices):
            length = 1 << math.ceil(math.log2(step + 256))
            drawn = np.random.default_rng([self.seed, 0]).random(length)
            self._choices = np.minimum(np.searchsorted(self._bounds, drawn, side="right"), len(self._bounds) - 1)
        return self._choices

    def _order(self, choice: int, epoch: int, size: int) -> np.ndarray:
        return np.random.default_rng([self.seed, 1, choice, epoch]).permutation(size)
