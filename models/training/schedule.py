"""Learning rate as a function of the step, and of the plateaus behind it."""

import math
from collections.abc import Iterable
from typing import Any

from models.recipes import TrainingRecipe

SHARE = "share_of_rate"
"""Key of an optimizer's group: the multiple of the rate that it steps with."""


def give_rate(groups: Iterable[dict[str, Any]], rate: float) -> None:
    """Let an optimizer's groups step with their shares of a rate."""
    for group in groups:
        group["lr"] = rate * group[SHARE]


def learning_rate(recipe: TrainingRecipe, step: int, halvings: int = 0) -> float:
    """The rate of ``step`` (from 0): linear warm-up, then as the recipe's schedule says.

    ``constant``; ``cosine``, a half one that ends at zero; ``plateau``, half of it after each of ``halvings``
    plateaus of the validation loss, down to ``learning_rate_last``.
    """
    warm = min(1.0, (step + 1) / max(1, recipe.warmup))
    if recipe.schedule == "constant":
        return recipe.learning_rate * warm
    if recipe.schedule == "plateau":
        return warm * max(recipe.learning_rate * 0.5**halvings, min(recipe.learning_rate, recipe.learning_rate_last))
    progress = max(0, step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
