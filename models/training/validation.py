"""Validation flow loss on fixed samples, noise and times: comparable between models, steps and world sizes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models.flow import VelocityFn, validation_times
from models.flow.loss import flow_losses
from models.recipes import DataMix
from models.training.draws import sample_generator
from models.training.shards import Bucket, open_shards
from models.training.texts import Batch

_SEED = 20_241_017
_CHUNK = 16
_CPU = torch.device("cpu")


class Validation:
    """The validation samples of a data mix.

    Every sample is looked at several times, together over the quantiles of the training law of times.
    A sample's noise depends on its place alone, so ranks may share the work in any way.

    Args:
        mix: Groups; their ``validation`` splits are used, their weights are not.
        samples: Most samples in all; every bucket gives as many.
        looks: Times a sample.
        record: See ``open_shards``.
    """

    def __init__(self, mix: Sequence[DataMix], samples: int = 24, looks: int = 2, record: Path | None = None) -> None:
        self._buckets = [
            bucket for part in mix for bucket in open_shards(Path(part.index), record).group(part.group, "validation")
        ]
        self._samples = max(1, samples // max(1, len(self._buckets)))
        self._looks = looks

    @torch.no_grad()
    def sums(
        self,
        velocity_of: Callable[[Batch], VelocityFn],
        *,
        exchanged: Callable[[Batch], tuple[str, ...]] | None = None,
        rank: int = 0,
        world_size: int = 1,
        device: torch.device = _CPU,
    ) -> Tensor:
        """This rank's summed losses and numbers of looks, float64 [2]; their quotient over all ranks is the loss.

        Every rank calls the network equally often, as sharded networks need.

        Args:
            velocity_of: The network with a batch's conditions closed over.
            exchanged: Names of the tensors that are taken from another sample (the control); None: none.
            rank: Of this process.
            world_size: Ranks that share the samples.
            device: Where the network is; the sums stay there.
        """
        total = torch.zeros(2, dtype=torch.float64, device=device)
        for number, bucket in enumerate(self._buckets):
            count = min(len(bucket), self._samples)
            times = validation_times(count * self._looks).reshape(self._looks, count)
            share = -(-count // world_size)
            mine = range(rank * share, (rank + 1) * share)
            for start in range(0, share, _CHUNK):
                places = list(mine[start : start + _CHUNK])
                rows = [min(place, count - 1) for place in places]  # a rank without samples of its own repeats the last
                own = torch.tensor([place < count for place in places], dtype=torch.float64).to(device)
                found = _batch(bucket, rows, count, exchanged)
                batch = {name: value.to(device) for name, value in found.items()}
                velocity_fn = velocity_of(batch)
                for look in range(self._looks):
                    noise = torch.stack([_noise(batch["latent"], number, row, look) for row in rows]).to(device)
                    losses = flow_losses(velocity_fn, batch["latent"], times[look, rows].to(device), noise)
                    total += torch.stack([(losses.double() * own).sum(), own.sum()])
        return total

    def loss(self, velocity_of: Callable[[Batch], VelocityFn]) -> float:
        """The loss in one process."""
        total = self.sums(velocity_of)
        return float(total[0] / total[1])


def _batch(bucket: Bucket, rows: list[int], count: int, exchanged: Callable[[Batch], tuple[str, ...]] | None) -> Batch:
    batch = bucket.gather(rows)
    if exchanged is not None:
        others = bucket.gather([(row + max(1, count // 2)) % count for row in rows])
        batch |= {name: others[name] for name in exchanged(batch)}
    return batch


def _noise(latent: Tensor, bucket: int, row: int, look: int) -> Tensor:
    return torch.randn(latent.shape[1:], generator=sample_generator(_SEED, bucket, row, look))
