"""What a training does about steps that are not finite: leave them out, then go back, then give up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.training.errors import LossNotFinite


@dataclass
class Tolerance:
    """The count of broken steps: those whose loss or gradient norm is NaN or infinite. The same on every rank.

    A broken step changes nothing. After ``patience`` of them in a row the weights are taken to be bad, and the training
    goes back to the last good checkpoint; there it goes on with the data behind the broken steps, not with the same
    again (as PaLM, Chowdhery et al. 2022, section 5.1). Should it break there too before it has saved again, it goes
    back one further.

    Attributes:
        patience: Broken steps in a row before it goes back.
        rollbacks: How often it may go back before it gives up.
        in_a_row: Broken steps on end, up to now.
        skipped: Broken steps in all.
        rolled_back: How often it went back.
        shift: By how much data runs ahead of steps: a step s uses the data of s + shift.
        returned_to: Step of the checkpoint that it last went back to.
    """

    patience: int
    rollbacks: int
    in_a_row: int = 0
    skipped: int = 0
    rolled_back: int = 0
    shift: int = 0
    returned_to: int | None = None

    @property
    def due(self) -> bool:
        """Whether it is time to go back."""
        return self.in_a_row >= self.patience

    def fine(self) -> None:
        """A step was finite."""
        self.in_a_row = 0

    def broken(self) -> None:
        """A step was not, and has been left out."""
        self.in_a_row += 1
        self.skipped += 1

    def saved(self) -> None:
        """A checkpoint was saved after finite steps: going back will lead there."""
        self.returned_to = None

    def go_back(self, name: str, step: int, checkpoint: int | None) -> None:
        """Count one return from ``step`` to ``checkpoint``.

        Raises:
            LossNotFinite: There is no checkpoint, or it went back too often already; ``name`` says of what.
        """
        if checkpoint is None or self.rolled_back >= self.rollbacks:
            why = "there is no good checkpoint to go back to" if checkpoint is None else "it went back too often"
            raise LossNotFinite(
                f"{name}: loss or gradient was not finite at step {step - 1} and the {self.patience - 1} before it, "
                f"and {why} ({self.rolled_back} times): lower the learning rate, or look for broken samples"
            )
        self.shift += step - checkpoint
        self.rolled_back += 1
        self.in_a_row = 0
        self.returned_to = checkpoint

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {
            "in_a_row": self.in_a_row,
            "skipped": self.skipped,
            "rolled_back": self.rolled_back,
            "shift": self.shift,
            "returned_to": self.returned_to,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint's state: of a run that was interrupted, not of one that goes back."""
        for name, value in state.items():
            setattr(self, name, value)
