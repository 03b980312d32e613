"""DeepSpeed's ZeRO-3: its settings, and what a training asks of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import deepspeed
import torch
from deepspeed.utils import set_z3_leaf_module
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn

from models.files import read_json, write_json
from models.parallel import LayoutDoesNotFit
from models.recipes import TrainingRecipe
from models.training.checkpoint import Checkpoints
from models.training.ema import ZeroAverage
from models.training.errors import CheckpointDamaged
from models.training.layouts import lay_out
from models.training.methods import Method, shell, started
from models.training.partitions import Partitions
from models.training.publishing import Background
from models.training.schedule import give_rate
from models.training.sharding import CLIP, STATE, computed_in
from models.training.strategy import Ranks, ZeroStrategy

if TYPE_CHECKING:
    from models.training.module import FlowTraining


class ZeroSharding:
    """ZeRO-3 (``models.training.sharding.Sharding``): flat partitions over all ranks.

    No rank ever holds the whole network: each module is given its starting weights and partitioned before the next
    one is. Initialisation and warm start stay plain torch.
    """

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._recipe = recipe
        self.precision = recipe.precision
        self._publishing = Background()

    def strategy(self, ranks: Ranks, rendezvous: str) -> ZeroStrategy:
        """DeepSpeed's strategy."""
        return ZeroStrategy(self._config(ranks.world_size()), rendezvous, ranks)

    def _config(self, world_size: int) -> dict[str, Any]:
        share = self._recipe.batch_size * self._recipe.replica // world_size
        return zero3_config(batch_size_per_rank=share, gradient_clip=CLIP)

    def build(self, method: Method) -> nn.Module:
        """The network without memory."""
        network = shell(method, self._recipe)
        for unit in gathered_units(network):
            set_z3_leaf_module(unit, flag=True)
        return network

    def lay_out(self, training: "FlowTraining") -> None:
        """Ranks of a replica share its tokens; then the weights are made, in partitions."""
        if self._recipe.tensor > 1:
            raise LayoutDoesNotFit(f"{self._recipe.name}: ZeRO-3 cuts no matrices; choose fsdp2, or tensor 1")
        if self._recipe.replica > 1:
            lay_out(training)
        config = self._config(training.trainer.world_size)
        for parameters in started(training.method, self._recipe, training.network):
            partition(list(parameters.values()), computed_in(self._recipe), config)

    def average(self, training: "FlowTraining") -> ZeroAverage:
        """Of the flat partitions."""
        parameters = dict(training.network.named_parameters())
        world_size = training.trainer.world_size
        self._partitions = Partitions(_engine(training).optimizer, parameters, training.global_rank, world_size)
        self._average = ZeroAverage(self._partitions, self._recipe.ema_decay)
        return self._average

    def called(self, training: "FlowTraining") -> nn.Module:
        """DeepSpeed's engine."""
        engine: nn.Module = _engine(training)
        return engine

    def update(self, training: "FlowTraining", loss: Tensor, rate: float) -> float | None:
        """DeepSpeed reduces, clips and steps."""
        engine = _engine(training)
        give_rate(engine.optimizer.param_groups, rate)
        training.manual_backward(loss)
        optimizer = training.optimizers()
        assert isinstance(
            optimizer, LightningOptimizer
        )  # one, and wrapped: so does Lightning hand out a training's own
        optimizer.step()
        if engine.optimizer.overflow:  # the norm over all ranks was not finite: DeepSpeed has changed nothing
            return None
        return float(engine.get_global_grad_norm() or 0)

    def save(self, training: "FlowTraining", state: dict[str, Any], checkpoints: Checkpoints) -> None:
        """The ranks write, then wait for each other; checksums and the rename follow in the background."""
        self.settle()
        step, folder = training.done, checkpoints.unfinished(training.done)
        folder.mkdir(parents=True, exist_ok=True)
        self._partitions.save(folder / part_of(training.global_rank), self._average.flat)
        if training.global_rank == 0:
            told = {"state": state, "updates": self._average.updates, "steps": self._partitions.steps}
            write_json(folder / STATE, told | {"ranks": training.trainer.world_size})
        torch.distributed.barrier()
        if training.global_rank == 0:
            self._publishing.start(lambda: checkpoints.publish(step))

    def settle(self) -> None:
        """Rank 0 waits for its background."""
        self._publishing.settle()

    def load(self, training: "FlowTraining", folder: Path) -> dict[str, Any]:
        """What ``save`` wrote, on any number of ranks.

        Raises:
            CheckpointDamaged: It is of another strategy.
        """
        if not (folder / part_of(0)).is_file():
            raise CheckpointDamaged(
                f"{folder} holds no partitions of ZeRO-3, which {training.recipe.name} is trained under: "
                f"go on with the strategy that wrote it, or remove {folder.parent} to begin again"
            )
        stored = read_json(folder / STATE)
        files = [folder / part_of(rank) for rank in range(stored["ranks"])]
        self._partitions.load(files, self._average.flat, stored["steps"])
        self._average.updates = stored["updates"]
        state: dict[str, Any] = stored["state"]
        return state

    @torch.no_grad()
    def gathered(self, training: "FlowTraining", name: str) -> Tensor:
        """By DeepSpeed; a copy, as the parameter is let go again."""
        parameter = training.network.get_parameter(name)
        with deepspeed.zero.GatheredParameters([parameter]):
            return parameter.detach().to("cpu", torch.float32, copy=True)


def part_of(rank: int) -> str:
    """The file of a rank's partitions in a checkpoint."""
    return f"partitions-{rank}.safetensors"


def partition(parameters: list[nn.Parameter], dtype: torch.dtype, config: dict[str, Any]) -> None:
    """Leave each rank its part of parameters that all ranks hold whole and alike.

    Args:
        parameters: On the CPU.
        dtype: Of the parts: what Lightning would convert a module to, it cannot once that is partitioned.
        config: From ``zero3_config``.
    """
    for parameter in parameters:
        parameter.data = parameter.data.to(dtype)
    deepspeed.zero.Init(module=nn.ParameterList(parameters), config_dict_or_path=config)


def _engine(training: "FlowTraining") -> Any:
    return training.trainer.strategy.model


def zero3_config(*, batch_size_per_rank: int, gradient_clip: float) -> dict[str, Any]:
    """The DeepSpeed configuration of every transformer stage: parameters, gradients and optimizer state sharded.

    Every parameter is sharded, small ones too: a layer's are gathered in one message, whereas parameters that persist
    are gathered one by one after each step, and lose gradients after a forward pass without any (validation).
    Precision is added by Lightning, from the trainer's setting.
    """
    return {
        "train_micro_batch_size_per_gpu": batch_size_per_rank,
        "gradient_clipping": gradient_clip,
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # torch's AdamW: DeepSpeed's own needs a compiled operator
        "zero_optimization": {
            "stage": 3,
            "overlap_comm": False,  # streams overlap on CUDA; on gloo it only adds copies
            "contiguous_gradients": True,
            "reduce_bucket_size": 50_000_000,
            "stage3_prefetch_bucket_size": 50_000_000,
            "stage3_param_persistence_threshold": 0,
            "stage3_max_live_parameters": 1_000_000_000,
            "stage3_max_reuse_distance": 1_000_000_000,
            "sub_group_size": 1_000_000_000,
            "memory_efficient_linear": False,  # a Python autograd function in place of torch's linear
        },
        "steps_per_print": 1_000_000_000,
    }


def gathered_units(network: nn.Module) -> Iterator[nn.Module]:
    """The modules whose parameters ZeRO-3 gathers and releases as one: the members of every list of layers.

    Hooks on each small module inside a layer cost more than the arithmetic of a tiny network, and make many small
    messages in a large one. Only layers: DeepSpeed takes a unit's gradients for complete when those of its *inputs*
    are, so a unit must have an input that needs one.
    """
    for module in network.modules():
        if isinstance(module, nn.ModuleList):
            yield from module
