"""Plateaus of the validation loss, at which a learning rate is halved (Movie Gen 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Plateau:
    """How often the validation loss has stopped to improve. The same on every rank, since the loss is.

    Attributes:
        patience: Validations in a row without an improvement that make a plateau.
        improvement: What counts as one: the share of the best loss by which a loss must lie below it.
        best: The lowest loss that was an improvement; None before the first.
        stale: Validations since then, or since the last plateau.
        halvings: Plateaus so far.
    """

    patience: int
    improvement: float
    best: float | None = None
    stale: int = 0
    halvings: int = 0

    def observe(self, loss: float) -> bool:
        """Take a validation's loss; whether that makes a plateau."""
        if self.best is None or loss < self.best * (1 - self.improvement):
            self.best, self.stale = loss, 0
            return False
        self.stale += 1
        if self.stale < self.patience:
            return False
        self.stale = 0
        self.halvings += 1
        return True

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {"best": self.best, "stale": self.stale, "halvings": self.halvings}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint's state."""
        for name, value in state.items():
            setattr(self, name, value)
