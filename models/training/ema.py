"""Exponential moving average of the weights, held in shards like the optimizer state."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from models.training.partitions import Partitions


class ShardedAverage(ABC):
    """This rank's shards of the averaged float32 weights.

    The decay of update n is min(decay, (1 + n) / (10 + n)), so a short training is not held back by its random start.

    Args:
        decay: Limit of the decay.

    Attributes:
        updates: How often it followed the weights.
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self._shards: list[Tensor] = [shard.clone() for shard in self._live()]
        self.updates = 0

    def update(self) -> None:
        """Follow the weights after an optimizer step."""
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._shards, self._live(), 1 - decay)

    @abstractmethod
    def applied(self) -> AbstractContextManager[None]:
        """The network computes with the averaged weights inside the block, and with its own after it."""

    @abstractmethod
    def _live(self) -> list[Tensor]:
        """This rank's shards of the weights, which optimizer steps change in place."""


class ZeroAverage(ShardedAverage):
    """The average of the flat float32 partitions of DeepSpeed's ZeRO-3 optimizer.

    Args:
        partitions: Of the weights.
        decay: Limit of the decay.
    """

    def __init__(self, partitions: Partitions, decay: float) -> None:
        self._partitions = partitions
        super().__init__(decay)

    @property
    def flat(self) -> list[Tensor]:
        """The averaged partitions, laid out like the weights'; writing into them restores the average."""
        return self._shards

    @contextmanager
    def applied(self) -> Iterator[None]:
        """See ``ShardedAverage``."""
        try:
            self._partitions.show(self._shards)
            yield
        finally:
            self._partitions.show(self._live())

    def _live(self) -> list[Tensor]:
        return self._partitions.live()


class ParameterAverage(ShardedAverage):
    """The average of a network's own parameters, whole or in shares along any mesh (FSDP2, tensor parallelism).

    Args:
        network: Sharded already.
        decay: Limit of the decay.

    Attributes:
        tensors: The averaged parameters by name, laid out like them; reading into them restores the average.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._network = network
        reshard(network)
        super().__init__(decay)
        self.tensors = {name: value.detach().clone() for name, value in network.named_parameters()}
        self._shards = [local(value) for value in self.tensors.values()]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """See ``ShardedAverage``. The weights change places with the average: no third copy is made."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _live(self) -> list[Tensor]:
        return [local(parameter.detach()) for parameter in self._network.parameters()]

    @torch.no_grad()
    def _exchange(self) -> None:
        reshard(self._network)  # what was gathered for the last forward pass is of other weights
        for shard, live in zip(self._shards, self._live(), strict=True):
            kept = live.clone()
            live.copy_(shard)
            shard.copy_(kept)


def local(tensor: Tensor) -> Tensor:
    """This rank's part of a tensor, in its own memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def reshard(network: nn.Module) -> None:
    """Let go of the gathered parameters of a network under FSDP2: those outside of its blocks stay after a forward."""
    for module in network.modules():
        if isinstance(module, FSDPModule):
            module.reshard()
