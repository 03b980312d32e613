"""Checkpoints of ZeRO-3's flat partitions that any number of ranks can read: each rank's parts, by name of the tensor.

A tensor of N numbers lies flat over W ranks, ceil(N / W) to each, the last ones less. A rank writes a file of its parts
of weights, average and optimizer state. Another number of ranks cuts elsewhere: each of them reads what it needs of the
files that hold it, and no rank ever holds a whole tensor.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

WEIGHTS, AVERAGE, OPTIMIZER = "weights", "average", "optimizer"
_STEP = "step"


class Partitions:
    """This rank's flat partitions of the float32 weights that DeepSpeed's ZeRO-3 optimizer steps.

    Args:
        optimizer: DeepSpeed's, around torch's.
        parameters: Of the network, by name, with what DeepSpeed adds to them.
        rank, world_size: Of this process, and of those that share the parameters.
    """

    def __init__(self, optimizer: Any, parameters: Mapping[str, Any], rank: int, world_size: int) -> None:
        self._optimizer = optimizer
        self._parameters = parameters
        self._rank, self._world_size = rank, world_size

    def live(self) -> list[Tensor]:
        """The weights, which optimizer steps change in place."""
        return [flat.data for flat in self._optimizer.fp32_partitioned_groups_flat]

    @torch.no_grad()
    def show(self, flat: list[Tensor]) -> None:
        """Let the network compute with other weights; the optimizer's own stay."""
        # The partitions that the network gathers are views of these flat buffers; what is gathered now is let go first.
        optimizer = self._optimizer
        optimizer.parameter_offload.partition_all_parameters()
        for number, shard in enumerate(flat):
            optimizer.fp16_partitioned_groups_flat[number].data.copy_(shard)
        if optimizer.persistent_parameters:
            optimizer.persistent_parameters[0].all_gather(optimizer.persistent_parameters)

    @property
    def steps(self) -> int:
        """Steps of torch's optimizer; before the first there is no state of it."""
        states = self._optimizer.optimizer.state
        return max((int(state[_STEP]) for state in states.values() if _STEP in state), default=0)

    def save(self, path: Path, average: list[Tensor]) -> None:
        """Write this rank's parts to a safetensors file. ``average`` is laid out like ``live``."""
        path.write_bytes(save({name: part.contiguous() for name, part, _ in self._parts(average)}))

    @torch.no_grad()
    def load(self, files: list[Path], average: list[Tensor], steps: int) -> None:
        """Read this rank's parts from what other ranks wrote, and let the network compute with them.

        Args:
            files: Of all ranks that there were, in order.
            average: Overwritten.
            steps: As they were when that was written.
        """
        self._begin_state(steps)
        stored = [safe_open(file, framework="pt") for file in files]
        for name, part, whole in self._parts(average):
            share = _share(whole, len(files))
            first, count = self._rank * _share(whole, self._world_size), len(part)
            for rank in range(first // share, -(-(first + count) // share)):
                start, stop = max(first, rank * share), min(first + count, (rank + 1) * share)
                part[start - first : stop - first] = stored[rank].get_slice(name)[
                    start - rank * share : stop - rank * share
                ]
        self.show(self.live())

    def _begin_state(self, steps: int) -> None:
        """Give torch's optimizer the state that it makes at its first step, with room for what is read."""
        optimizer = self._optimizer.optimizer
        optimizer.state.clear()
        if steps:
            for flat in self._optimizer.fp32_partitioned_groups_flat:
                moments = {name: torch.zeros_like(flat) for name in ("exp_avg", "exp_avg_sq")}
                optimizer.state[flat] = {_STEP: torch.tensor(float(steps)), **moments}

    def _parts(self, average: list[Tensor]) -> Iterator[tuple[str, Tensor, int]]:
        """Name, this rank's part and length of each tensor; ranks behind the end of a short one have no part of it."""
        optimizer = self._optimizer
        for name, parameter in self._parameters.items():
            group, place, _ = optimizer.grad_position[optimizer.get_param_id(parameter)]
            flat, whole = optimizer.fp32_partitioned_groups_flat[group], parameter.ds_numel
            share = _share(whole, self._world_size)
            count = min(share, whole - self._rank * share)
            if count <= 0:
                continue
            state = optimizer.optimizer.state.get(flat, {})
            kinds = {WEIGHTS: flat.data, AVERAGE: average[group]}
            kinds |= {f"{OPTIMIZER}.{key}": value for key, value in state.items() if key != _STEP}
            for kind, tensor in kinds.items():
                yield f"{kind}.{name}", tensor.narrow(0, place, count), whole


def _share(count: int, ranks: int) -> int:
    """Numbers of a flat tensor that fall to a rank."""
    return -(-count // ranks)
