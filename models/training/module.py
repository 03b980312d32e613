"""The training step: flow matching as a Lightning module, over any method's network."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor
from typing_extensions import override

from models.flow import flow_loss
from models.recipes import BackboneConfig, TrainingRecipe
from models.text.config import TEXT_NAMES
from models.training.batches import Batches
from models.training.draws import draw
from models.training.ema import ShardedAverage
from models.training.interruption import Interruption
from models.training.methods import Method
from models.training.plateau import Plateau
from models.training.schedule import SHARE, learning_rate
from models.training.sharding import Sharding, computed_in
from models.training.shards import Shards
from models.training.texts import Batch, with_dropped, without_padding
from models.training.tolerance import Tolerance

_POSITIONS = ("positions.time_TD", "positions.height_HD", "positions.width_WD")


@dataclass(frozen=True)
class Work:
    """What one step calls the network with, over all ranks.

    Attributes:
        samples: Of the global batch.
        tokens, text_tokens: Of each sample, the text's padding to the longest of this rank's batch included.
    """

    samples: int
    tokens: int
    text_tokens: int


class FlowTraining(pl.LightningModule):
    """Flow-matching training of one network.

    The step, the tolerance and the plateaus are the only state beside weights, optimizer and average: batches and draws
    follow from them.

    Args:
        recipe: What to do.
        method: How the network is called.
        sharding: How the ranks share the network.
        shards: Where the empty caption is.
        interruption: This rank's request to stop.
        record: See ``open_shards``.

    Attributes:
        latest: Values of the last step; empty when it was left out.
        work: What the last step did.
        stopping: Whether any rank had been asked to stop by the last step: the same on all.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        method: Method,
        sharding: Sharding,
        shards: Shards,
        interruption: Interruption,
        record: Path | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False  # a step with a broken loss is left out, which automatic cannot
        self.recipe = recipe
        self.method = method
        self.sharding = sharding
        self.network = sharding.build(method)
        self.batches = Batches(
            recipe.data, recipe.batch_size, recipe.seed, token_balance=recipe.token_balance, record=record
        )
        self.done = 0
        self.tolerance = Tolerance(recipe.patience, recipe.rollbacks)
        self.plateau = Plateau(recipe.plateau_patience, recipe.plateau_improvement)
        self.stopping = False
        self.latest: dict[str, float] = {}
        self.work = Work(0, 0, 0)
        self.average: ShardedAverage
        self._null = shards.null
        self._interruption = interruption

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW over everything that learns; position tables are a group with a multiple of the rate."""
        named = [(name, value) for name, value in self.network.named_parameters() if value.requires_grad]
        apart = _POSITIONS if self.recipe.position_rate != 1 else ()
        rest = [value for name, value in named if name not in apart]
        placing = [value for name, value in named if name in apart]
        groups = [{"params": rest, SHARE: 1.0}, {"params": placing, SHARE: self.recipe.position_rate}]
        return torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=self.recipe.learning_rate,
            betas=(0.9, 0.95),
            weight_decay=self.recipe.weight_decay,
        )

    def setup(self, stage: str) -> None:
        """All ranks have met: from here on they stop together, and the network can be laid out over them.

        Raises:
            LayoutDoesNotFit: The recipe's layout fits neither the network nor the number of ranks.
        """
        del stage
        self._interruption.wait_for_a_step()
        self.sharding.lay_out(self)

    @property
    @override
    def device(self) -> torch.device:
        """This rank's. Lightning's own answer is the CPU under ZeRO-3, where nobody moves the module."""
        device: torch.device = self.trainer.strategy.root_device
        return device

    @property
    def replicas(self) -> int:
        """Groups of ranks with samples of their own."""
        return self.trainer.world_size // self.recipe.replica

    @property
    def replica(self) -> int:
        """Which of them this rank belongs to."""
        return self.global_rank // self.recipe.replica

    def begin_average(self) -> None:
        """Start the average at the present weights, once they are sharded."""
        self.average = self.sharding.average(self)

    def train_dataloader(self) -> Iterator[int]:
        """Numbers without end and without meaning: the step is counted here, since it may go back."""
        return itertools.count()

    @override
    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        """End the loop after the last step."""
        return -1 if self.done >= self.recipe.steps else None

    def forward(self, latent: Tensor, times: Tensor, batch: Batch) -> Tensor:
        """Velocity given a batch's conditions. Times stay exact: waves of 1,000 t would show bfloat16's rounding."""
        dtype = computed_in(self.recipe)
        cast = {name: value.to(dtype) if value.is_floating_point() else value for name, value in batch.items()}
        return self.method.velocity(self.network, cast)(latent.to(dtype), times).float()

    def training_step(self, number: int) -> None:
        """One update. ``latest`` then holds the loss over all ranks, the learning rate and the gradient norm.

        A step whose loss or gradient norm is not finite is left out, by all ranks.
        """
        del number
        step, place = self.done, self.done + self.tolerance.shift
        batch = without_padding(self.batches.batch(place, self.replica, self.replicas))
        batch = {name: value.to(self.device) for name, value in batch.items()}
        latent = batch.pop("latent")
        self.work = self._work(latent, batch)
        draws = draw(
            latent.shape,
            seed=self.recipe.seed,
            step=place,
            first=self.replica * len(latent),
            dropout=self.recipe.caption_dropout,
        )
        batch = with_dropped(batch, draws.dropped.to(self.device), self._null)
        batch = self.method.given(batch, latent, draws.given.to(self.device))
        loss = flow_loss(
            lambda x, t: self.forward(x, t, batch), latent, draws.times.to(self.device), draws.noise.to(self.device)
        )
        mean = self._agree(loss.detach())
        self.done = step + 1
        self.latest = {}
        if not math.isfinite(mean):
            self.tolerance.broken()
            return
        rate = learning_rate(self.recipe, step, self.plateau.halvings)
        norm = self.sharding.update(self, loss, rate)
        if norm is None:
            self.tolerance.broken()
            return
        self.tolerance.fine()
        self.average.update()
        self.latest = {"loss": mean, "learning_rate": rate, "gradient_norm": norm}

    def _work(self, latent: Tensor, batch: Batch) -> Work:
        model = self.recipe.model
        tokens = latent[0, 0].numel() // model.patch**2 if isinstance(model, BackboneConfig) else latent.shape[1]
        text = sum(batch[name].shape[1] for name in TEXT_NAMES if batch[name].ndim == 3)
        return Work(len(latent) * self.replicas, tokens, text)

    def _agree(self, loss: Tensor) -> float:
        """The mean loss over all ranks. The same message says whether one was asked to stop: all stop at one step."""
        shared = torch.stack([loss, torch.tensor(float(self._interruption.asked), device=loss.device)])
        torch.distributed.all_reduce(shared)
        self.stopping = bool(shared[1] > 0)
        return float(shared[0] / self.trainer.world_size)
