"""The training step: flow matching as a Lightning module, over any method's network."""

import math
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, nn

from models.flow import flow_loss
from models.recipes import TrainingRecipe
from models.training.batches import Batches
from models.training.draws import draw
from models.training.ema import ShardedAverage
from models.training.errors import LossNotFinite
from models.training.methods import Batch, Method
from models.training.schedule import learning_rate
from models.training.shards import Shards

PATIENCE = 3  # steps with a loss that is not finite before the training is given up


class FlowTraining(pl.LightningModule):
    """Flow-matching training of one network.

    The step is the only state beside weights, optimizer and average: batches and draws follow from it.

    Args:
        recipe: What to do.
        method: How the network is called.
        network: Trained in place.
        shards: Where the empty caption is.
    """

    def __init__(self, recipe: TrainingRecipe, method: Method, network: nn.Module, shards: Shards) -> None:
        super().__init__()
        self.automatic_optimization = False  # a step with a broken loss is left out, which automatic cannot
        self.recipe = recipe
        self.method = method
        self.network = network
        self.batches = Batches(recipe.data, recipe.batch_size, recipe.seed, token_balance=recipe.token_balance)
        self.done = 0
        self.skipped = 0
        self.latest: dict[str, float] = {}
        self.average: ShardedAverage
        self._null = (shards.null_text, shards.null_mask)
        self._bad = 0

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW over everything that learns."""
        parameters = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(
            parameters, lr=self.recipe.learning_rate, betas=(0.9, 0.95), weight_decay=self.recipe.weight_decay
        )

    def begin_average(self) -> None:
        """Start the average at the present weights, once they are sharded."""
        self.average = ShardedAverage(self.sharded_optimizer, self.recipe.ema_decay)

    @property
    def sharded_optimizer(self) -> Any:
        """DeepSpeed's optimizer around ours."""
        return self.engine.optimizer

    @property
    def engine(self) -> Any:
        """DeepSpeed's engine around this module."""
        return self.trainer.strategy.model

    def train_dataloader(self) -> range:
        """The steps that are left: a batch is found by its step."""
        return range(self.done, self.recipe.steps)

    def forward(self, latent: Tensor, times: Tensor, batch: Batch) -> Tensor:
        """Velocity given a batch's conditions."""
        dtype = next(self.network.parameters()).dtype
        cast = {name: value.to(dtype) if value.is_floating_point() else value for name, value in batch.items()}
        return self.method.velocity(self.network, cast)(latent.to(dtype), times.to(dtype)).float()

    def training_step(self, step: int) -> None:
        """One update. ``latest`` then holds the loss over all ranks, the learning rate and the gradient norm.

        Raises:
            LossNotFinite: For the third time on end.
        """
        batch = without_padding(self.batches.batch(step, self.global_rank, self.trainer.world_size))
        batch = {name: value.to(self.device) for name, value in batch.items()}
        latent = batch.pop("latent")
        draws = draw(
            latent.shape,
            seed=self.recipe.seed,
            step=step,
            first=self.global_rank * len(latent),
            dropout=self.recipe.caption_dropout,
        )
        self._drop_captions(batch, draws.dropped.to(self.device))
        loss = flow_loss(
            lambda x, t: self.forward(x, t, batch), latent, draws.times.to(self.device), draws.noise.to(self.device)
        )
        mean = loss.detach().clone()
        torch.distributed.all_reduce(mean)
        mean /= self.trainer.world_size
        self.done = step + 1
        self.latest = {}
        if not math.isfinite(mean.item()):
            self._skip(step, mean.item())
            return
        self._bad = 0
        rate = learning_rate(self.recipe, step)
        for group in self.sharded_optimizer.param_groups:
            group["lr"] = rate
        self.manual_backward(loss)
        self.optimizers().step()  # type: ignore[union-attr]
        self.average.update()
        norm = self.engine.get_global_grad_norm()
        self.latest = {"loss": mean.item(), "learning_rate": rate, "gradient_norm": float(norm or 0)}

    def _drop_captions(self, batch: Batch, dropped: Tensor) -> None:
        length = batch["text_mask"].shape[1]
        text, mask = (value[:length].to(self.device) for value in self._null)
        batch["text"] = torch.where(dropped[:, None, None], text, batch["text"])
        batch["text_mask"] = torch.where(dropped[:, None], mask, batch["text_mask"])

    def _skip(self, step: int, loss: float) -> None:
        self._bad += 1
        self.skipped += 1
        if self._bad >= PATIENCE:
            raise LossNotFinite(
                f"{self.recipe.name}: the loss was {loss} at step {step} and the {PATIENCE - 1} before it: "
                "lower the learning rate, or look for broken samples"
            )


def without_padding(batch: Batch) -> Batch:
    """The batch with its texts [B, L, D] cut to the longest: attention never looks at the rest, but pays for it."""
    longest = int(batch["text_mask"].bool().any(dim=0).nonzero().max()) + 1
    return {name: value[:, :longest] if name in {"text", "text_mask"} else value for name, value in batch.items()}
