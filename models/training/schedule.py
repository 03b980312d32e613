"""Learning rate as a function of the step."""

import math

from models.recipes import TrainingRecipe


def learning_rate(recipe: TrainingRecipe, step: int) -> float:
    """The rate of ``step`` (from 0): linear warm-up, then constant, or a half cosine that ends at zero."""
    warm = min(1.0, (step + 1) / max(1, recipe.warmup))
    if recipe.schedule == "constant":
        return recipe.learning_rate * warm
    progress = max(0, step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
