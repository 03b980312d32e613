"""Batches: which samples each rank sees at each step, as a pure function of the step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from models.buckets import balanced
from models.recipes import DataMix, Split
from models.training.errors import DataMissing
from models.training.shards import Bucket, open_shards
from models.training.turns import Turns


@dataclass
class Batches:
    """The data of a training, addressed by step: no cursor, so nothing to save and nothing to lose.

    A step's bucket is drawn from the mix, the same on every rank, such that samples come by the weights of their
    groups, and those of a group from its buckets by how many these hold. Each bucket is walked through epoch by epoch,
    in a new random order each time, without replacement. The global batch does not depend on the world size: rank r of
    W takes the r-th of W equal slices of it.

    Args:
        mix: Groups and weights.
        batch_size: Samples of the global batch.
        seed: Of bucket choice and orders.
        split: Which split of the groups.
        token_balance: None: every batch holds ``batch_size`` samples. Otherwise that is the batch of the largest
            bucket, and the others' are multiples of this number that hold about as many tokens.
        record: See ``open_shards``.

    Raises:
        DataMissing: A group has no samples.
        ShardDamaged: See ``open_shards``.
    """

    mix: Sequence[DataMix]
    batch_size: int
    seed: int
    split: Split = "train"
    token_balance: int | None = None
    record: Path | None = None
    _buckets: list[Bucket] = field(init=False)
    _sizes: tuple[int, ...] = field(init=False)
    _turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        weighted: list[tuple[Bucket, float]] = []
        for part in self.mix:
            buckets = open_shards(Path(part.index), self.record).group(part.group, self.split)
            total = sum(len(bucket) for bucket in buckets)
            weighted += [(bucket, part.weight * len(bucket) / total) for bucket in buckets]
        self._buckets = [bucket for bucket, _ in weighted]
        if not any(weight > 0 for _, weight in weighted):
            raise DataMissing("the data mix is empty: give at least one group a positive weight")
        odds = [weight for _, weight in weighted]
        self._sizes = (self.batch_size,) * len(weighted)
        if self.token_balance is not None:
            tokens = [
                math.prod(bucket.size) for bucket in self._buckets
            ]  # in latent positions: tokens times a constant
            self._sizes = balanced(tokens, self.batch_size, self.token_balance)
            # A bucket of large batches has its turn more seldom, so that weights remain those of samples.
            odds = [weight / size for weight, size in zip(odds, self._sizes, strict=True)]
        self._turns = Turns(odds, self.seed)

    def batch(self, step: int, rank: int, world_size: int) -> dict[str, Tensor]:
        """Rank ``rank``'s slice of the global batch of ``step`` (from 0). Raises ValueError for an uneven split."""
        choice, rows = self.rows(step)
        if len(rows) % world_size:
            raise ValueError(f"a batch of {len(rows)} does not divide over {world_size} ranks")
        share = len(rows) // world_size
        return self._buckets[choice].gather(rows[rank * share : (rank + 1) * share])

    def rows(self, step: int) -> tuple[int, list[int]]:
        """Number of the bucket of a step, and the rows of the whole global batch in it."""
        choice, visit = self._turns.bucket_at(step), self._turns.earlier(step)
        batch, size = self._sizes[choice], len(self._buckets[choice])
        positions = range(visit * batch, (visit + 1) * batch)
        orders = {epoch: self._order(choice, epoch, size) for epoch in {position // size for position in positions}}
        return choice, [int(orders[position // size][position % size]) for position in positions]

    def _order(self, choice: int, epoch: int, size: int) -> np.ndarray:
        return np.random.default_rng([self.seed, 1, choice, epoch]).permutation(size)
