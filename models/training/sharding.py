"""Sharding: how the ranks of a training share weights, gradients and optimizer state. The training knows the seam."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch
from lightning.pytorch.strategies import ParallelStrategy
from torch import Tensor, nn

from models.recipes import TrainingRecipe
from models.training.checkpoint import Checkpoints
from models.training.ema import ShardedAverage
from models.training.methods import Method
from models.training.strategy import Ranks

if TYPE_CHECKING:
    from models.training.module import FlowTraining

CLIP = 1.0  # norm of the gradient
STATE = "state.json"


class Sharding(Protocol):
    """One way of sharing, for one training.

    Attributes:
        precision: What Lightning is told.
    """

    precision: Literal["32-true", "bf16-true"]

    def strategy(self, ranks: Ranks, rendezvous: str) -> ParallelStrategy:
        """Lightning's side of it."""
        ...

    def build(self, method: Method) -> nn.Module:
        """The recipe's network before the ranks have met; whether its weights are there already is its own affair."""
        ...

    def lay_out(self, training: "FlowTraining") -> None:
        """The ranks have met, and there is no optimizer yet.

        Raises:
            LayoutDoesNotFit: The recipe's layout fits neither the network nor the number of ranks.
        """
        ...

    def average(self, training: "FlowTraining") -> ShardedAverage:
        """An average that starts at the present weights, once they are sharded and have an optimizer."""
        ...

    def called(self, training: "FlowTraining") -> nn.Module:
        """What is called in place of the training, outside of its steps."""
        ...

    def update(self, training: "FlowTraining", loss: Tensor, rate: float) -> float | None:
        """Backward pass and optimizer step; the gradient's norm. None: it was not finite, and nothing has changed."""
        ...

    def save(self, training: "FlowTraining", state: dict[str, Any], checkpoints: Checkpoints) -> None:
        """Begin a checkpoint of ``training.done`` steps; it is published when it is whole, perhaps later."""
        ...

    def settle(self) -> None:
        """Wait until the checkpoint that was begun last is published. Raises what went wrong with it."""
        ...

    def load(self, training: "FlowTraining", folder: Path) -> dict[str, Any]:
        """Restore weights, optimizer and average from a published checkpoint; the state that was saved with them."""
        ...

    def gathered(self, training: "FlowTraining", name: str) -> Tensor:
        """The present weights of one parameter, whole, on the CPU, float32: all ranks ask for it at once."""
        ...


def computed_in(recipe: TrainingRecipe) -> torch.dtype:
    """What the network computes in, and is given all but its times in."""
    return torch.bfloat16 if recipe.precision == "bf16-true" else torch.float32


def sharding_of(recipe: TrainingRecipe) -> Sharding:
    """The sharding that a recipe names."""
    if recipe.strategy == "fsdp2":
        from models.training.fsdp import FsdpSharding

        return FsdpSharding(recipe)
    from models.training.zero3 import ZeroSharding

    return ZeroSharding(recipe)
