"""FSDP2 with tensor, context and Ulysses ranks (Movie Gen 3.1.6), and its asynchronous checkpoints."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed import checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict
from torch.distributed.fsdp import MixedPrecisionPolicy
from torch.distributed.tensor import DTensor, distribute_tensor

from models.files import read_json, write_json
from models.parallel import Parallel
from models.recipes import TrainingRecipe
from models.training.checkpoint import Checkpoints
from models.training.ema import ParameterAverage, local, reshard
from models.training.layouts import lay_out
from models.training.methods import Method, shell, started
from models.training.publishing import Background
from models.training.schedule import give_rate
from models.training.sharding import CLIP, STATE, computed_in
from models.training.strategy import PlainStrategy, Ranks

if TYPE_CHECKING:
    from models.training.module import FlowTraining

SHARDS = "shards"


class FsdpSharding:
    """FSDP2 (``models.training.sharding.Sharding``): parameters as DTensors in shares, gathered block by block.

    Weights, optimizer and average are float32; with ``bf16-true`` the blocks compute in bfloat16. No rank ever holds
    the whole network: each makes the starting weights module by module, and keeps its shares.

    A checkpoint is copied aside at its step, and is written, checksummed and published while the training goes on. Its
    tensors are named and whole to ``torch.distributed.checkpoint``, so that other layouts can read them.
    """

    precision: Literal["32-true", "bf16-true"] = "32-true"  # what Lightning would do to the module, FSDP2's policy does

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._recipe = recipe
        self._background = Background()
        self._parallel: Parallel
        self._average: ParameterAverage
        self._group: dist.ProcessGroup | None = None

    def strategy(self, ranks: Ranks, rendezvous: str) -> PlainStrategy:
        """A process group, no more."""
        return PlainStrategy(rendezvous, ranks)

    def build(self, method: Method) -> nn.Module:
        """The network without memory."""
        return shell(method, self._recipe)

    def lay_out(self, training: "FlowTraining") -> None:
        """Cut and shard the network, and keep this rank's shares of the weights that it starts with."""
        network = training.network
        self._parallel = lay_out(training)
        policy = MixedPrecisionPolicy(
            param_dtype=computed_in(self._recipe),
            reduce_dtype=torch.float32,
            cast_forward_inputs=False,  # the training casts all but the flow times
        )
        self._parallel.shard(mp_policy=policy)
        network.to_empty(device=training.trainer.strategy.root_device)
        shares = dict(network.named_parameters())
        for parameters in started(training.method, self._recipe, shell(training.method, self._recipe)):
            for name, whole in parameters.items():
                keep_share(shares[name].detach(), whole.detach())
                whole.data = whole.new_empty(0)
        # Of its own, for the thread that saves: its messages and the training's must not meet.
        self._group = dist.new_group(backend="gloo")

    def average(self, training: "FlowTraining") -> ParameterAverage:
        """Of the parameters' shares."""
        self._average = ParameterAverage(training.network, self._recipe.ema_decay)
        return self._average

    def called(self, training: "FlowTraining") -> nn.Module:
        """The training itself."""
        return training

    def update(self, training: "FlowTraining", loss: Tensor, rate: float) -> float | None:
        """Backward pass, the norm over all shares, clipping, step."""
        optimizer = _optimizer(training)
        give_rate(optimizer.param_groups, rate)
        training.manual_backward(loss)
        self._parallel.finish_gradients()
        norm = self._parallel.gradient_norm()
        if not torch.isfinite(torch.tensor(norm)):
            optimizer.zero_grad(set_to_none=True)
            return None
        for parameter in training.network.parameters():
            if parameter.grad is None:  # decays like the others, and has an optimizer state like them
                parameter.grad = torch.zeros_like(parameter)
            elif norm > CLIP:
                local(parameter.grad).mul_(CLIP / norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return norm

    def save(self, training: "FlowTraining", state: dict[str, Any], checkpoints: Checkpoints) -> None:
        """Copy aside; the rest is done by a thread of every rank, and the first publishes when all have written."""
        self.settle()
        step, first = training.done, training.global_rank == 0
        folder = checkpoints.unfinished(step)
        folder.mkdir(parents=True, exist_ok=True)
        if first:
            write_json(folder / STATE, {"state": state, "updates": self._average.updates})
        writing = dcp.async_save(self._tensors(training), checkpoint_id=folder / SHARDS, process_group=self._group)
        assert not isinstance(writing, dcp.state_dict_saver.AsyncSaveResponse)

        def finish() -> None:
            writing.result()  # with all ranks' parts: the last that is written is the first rank's list of them
            if first:
                checkpoints.publish(step)

        self._background.start(finish)

    def settle(self) -> None:
        """Every rank waits for its own thread."""
        self._background.settle()

    def load(self, training: "FlowTraining", folder: Path) -> dict[str, Any]:
        """Read into the tensors that there are, each rank its shares."""
        tensors = self._tensors(training)
        dcp.load(tensors, checkpoint_id=folder / SHARDS, process_group=self._group)
        set_optimizer_state_dict(training.network, _optimizer(training), tensors["optimizer"])
        stored = read_json(folder / STATE)
        self._average.updates = stored["updates"]
        state: dict[str, Any] = stored["state"]
        return state

    @torch.no_grad()
    @torch.no_grad()
    def gathered(self, training: "FlowTraining", name: str) -> Tensor:
        """By the tensor itself."""
        reshard(training.network)
        parameter = training.network.get_parameter(name)
        value = parameter.full_tensor() if isinstance(parameter, DTensor) else parameter
        return value.detach().to("cpu", torch.float32)

    def _tensors(self, training: "FlowTraining") -> dict[str, Any]:
        """All that a checkpoint holds, as it lies in memory."""
        reshard(training.network)
        weights: Mapping[str, Tensor] = {name: value.detach() for name, value in training.network.named_parameters()}
        return {
            "weights": weights,
            "average": self._average.tensors,
            "optimizer": get_optimizer_state_dict(training.network, _optimizer(training)),
        }


def keep_share(share: Tensor, whole: Tensor) -> None:
    """Fill this rank's part of a tensor from the whole one, which all ranks have."""
    part = whole.to(share.device)
    if isinstance(share, DTensor):
        part = distribute_tensor(part, share.device_mesh, share.placements, src_data_rank=None)
    local(share).copy_(local(part))


def _optimizer(training: "FlowTraining") -> torch.optim.Optimizer:
    return training.trainer.optimizers[0]
