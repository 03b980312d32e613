"""Recipe of a training in one process. Imports no torch."""

from dataclasses import dataclass


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
