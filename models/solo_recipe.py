"""Recipe of a training in one process. Imports no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from models.training.solo import Loss, Progress


@dataclass(frozen=True)
class SoloRecipe:
    """How one model is trained, as :class:`models.training.solo.Solo` takes it.

    Attributes:
        settling: Share of the steps, the last ones, over which the rate falls.
        ema_decay: Of the average of the weights, which is kept.
        checkpoint_every: Steps.
        seed: Of the first weights and of every step.
    """

    steps: int
    settling: float
    learning_rate: float = 2e-3
    warmup: int = 50
    ema_decay: float = 0.995
    checkpoint_every: int = 100
    seed: int = 0

    def train(self, model: "nn.Module", loss: "Loss", folder: Path, progress: "Progress | None") -> None:
        """Train ``model`` to the last step, from where an earlier call with ``folder`` was stopped."""
        from models.training.solo import Solo

        Solo(
            model,
            loss,
            folder,
            steps=self.steps,
            learning_rate=self.learning_rate,
            checkpoint_every=self.checkpoint_every,
            seed=self.seed,
            warmup=self.warmup,
            settling=self.settling,
            ema_decay=self.ema_decay,
            progress=progress,
        ).run()
