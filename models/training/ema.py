"""Exponential moving average of the weights, held in shards like the optimizer state."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


class ShardedAverage:
    """This rank's shards of the averaged float32 weights.

    The decay of update n is min(decay, (1 + n) / (10 + n)), so a short training is not held back by its random start.

    Args:
        optimizer: DeepSpeed's ZeRO-3 optimizer; its flat float32 partitions are what is averaged.
        decay: Limit of the decay.
    """

    def __init__(self, optimizer: Any, decay: float) -> None:
        self._optimizer = optimizer
        self._decay = decay
        self._shards: list[Tensor] = [shard.detach().clone() for shard in self._live()]
        self.updates = 0

    def update(self) -> None:
        """Follow the weights after an optimizer step."""
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._shards, self._live(), 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network computes with the averaged weights inside the block, and with its own after it."""
        try:
            self._show(self._shards)
            yield
        finally:
            self._show(self._live())

    def save(self, path: Path) -> None:
        """Write this rank's shards."""
        tensors = {str(number): shard for number, shard in enumerate(self._shards)}
        save_file(tensors | {"updates": torch.tensor(self.updates)}, path)

    def load(self, path: Path) -> None:
        """Read this rank's shards back."""
        stored = load_file(path)
        self.updates = int(stored.pop("updates"))
        for number, shard in enumerate(self._shards):
            shard.copy_(stored[str(number)])

    def _live(self) -> list[Tensor]:
        return [shard.data for shard in self._optimizer.fp32_partitioned_groups_flat]

    def _show(self, shards: list[Tensor]) -> None:
        # DeepSpeed's own way of publishing updated partitions (its step and its checkpoint loading do the same).
        optimizer = self._optimizer
        optimizer._partition_all_parameters()  # noqa: SLF001
        for number, shard in enumerate(shards):
            optimizer.fp16_partitioned_groups_flat[number].data.copy_(shard)
            optimizer._unflatten_partitioned_parameters(number)  # noqa: SLF001
        if optimizer.persistent_parameters:
            optimizer.persistent_parameters[0].all_gather(optimizer.persistent_parameters)
