"""Recipe of a few-step student. Imports no torch."""

from dataclasses import dataclass

from models.solo_recipe import SoloRecipe


@dataclass(frozen=True)
class StudentRecipe(SoloRecipe):
    """One-process distillation of a backbone by its own guided paths.

    Attributes:
        paths: How many, each of another noise, over the captions and sizes of the teacher's training.
        held_out: Paths of held-out captions that the student is compared with its teacher on.
        rank: Of the changes to the teacher's matrices.
        batch: Paths a step, a jump of each.
    """

    paths: int = 72
    held_out: int = 12
    rank: int = 32
    steps: int = 60
    batch: int = 8
    learning_rate: float = 2e-4
    warmup: int = 5
    settling: float = 0.5
    ema_decay: float = 0.95
    checkpoint_every: int = 20
