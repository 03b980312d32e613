"""Recipe of an average of finetunes. Imports no torch."""

from dataclasses import dataclass
from typing import Literal

Way = Literal["uniform", "weighted", "greedy"]


@dataclass(frozen=True)
class AveragingRecipe:
    """How finetunes become one model (Movie Gen 3.3).

    Attributes:
        ways: Averages that are tried; the best by ``measure`` is kept, the first of equals. ``greedy`` begins with the
            best finetune and takes each next best one that makes it better (Wortsman et al. 2022).
        weights: Of ``weighted``: (finetune, weight) pairs, one a finetune; they are normalised.
        measure: What candidates are compared by: ``loss``, the validation flow loss, or ``checkers``, the share of what
            held-out prompts ask for that the checkers see in samples, and the loss where that is equal.
        prompts: Held-out prompts that ``checkers`` samples of each candidate: three finetunes make at most six
            candidates, and one more for ``weighted``.

    Raises:
        ValueError: No ways, or weights without ``weighted``, or the reverse.
    """

    ways: tuple[Way, ...] = ("uniform", "greedy")
    weights: tuple[tuple[str, float], ...] = ()
    measure: Literal["loss", "checkers"] = "loss"
    prompts: int = 24

    def __post_init__(self) -> None:
        if not self.ways:
            raise ValueError("no ways to average are named: name uniform, weighted or greedy")
        if ("weighted" in self.ways) != bool(self.weights):
            raise ValueError(f"ways {self.ways} and weights {self.weights}: weights belong to the way 'weighted'")
