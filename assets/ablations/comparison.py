"""Comparisons: figures of arms over seeds, and their differences seed by seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from assets.ablations.cells import Cells
from assets.ablations.recipe import AVERAGE, BEST, FINETUNES, OURS

HIGHER, LOWER = 1, -1
METRICS = {
    "flow_loss": LOWER,
    "score": HIGHER,
    "background": HIGHER,
    "colour": HIGHER,
    "motion": HIGHER,
    "object": HIGHER,
    "distance": LOWER,
}
"""Figures that are compared, and which way is better."""

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ablation:
    """A question, and the arms that answer it.

    Attributes:
        title: The question.
        one, others: Names of arms; ``one`` is what the product does.
    """

    title: str
    one: str
    others: tuple[str, ...]


ABLATIONS = (
    Ablation("Flow matching against v-prediction diffusion", OURS.name, ("v-cosine", "v-linear")),
    Ablation("The LLaMa-style block against a DiT block", OURS.name, ("dit-operations", "dit-weights")),
    Ablation("Position at every layer against the first only", OURS.name, ("first-positions",)),
    Ablation("T2I first against joint from scratch", OURS.name, ("joint",)),
    Ablation("Average of three finetunes against the best one", AVERAGE, (BEST, OURS.name)),
)


@dataclass(frozen=True)
class Difference:
    """What one arm has more than another, over pairs of a seed.

    Attributes:
        mean: Of the pairs.
        half: Half the width of its 95% interval by Student's t.
        values: Of each pair.
        better: 1 where more is better, -1 where less is.
    """

    mean: float
    half: float
    values: tuple[float, ...]
    better: int

    @property
    def verdict(self) -> str:
        """In words how sure it is that the one is better, or worse, than the other."""
        signs = {np.sign(value) * self.better for value in self.values}
        way = "better" if self.mean * self.better > 0 else "worse"
        if self.half < abs(self.mean):
            return way
        if signs in ({1}, {-1}):
            return f"{way} for every seed, yet the interval holds 0"
        return "undecided"


def difference(one: Sequence[float], other: Sequence[float], better: int) -> Difference:
    """Of values in the order of their seeds, two or more."""
    values = np.asarray(one, float) - np.asarray(other, float)
    quantile = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1))
    half = quantile * float(values.std(ddof=1)) / len(values) ** 0.5
    return Difference(float(values.mean()), half, tuple(map(float, values)), better)


def with_best(found: Cells) -> Cells:
    """The cells, and of each seed those of the finetune with the least loss on the videos that are for choosing."""
    best = [
        min(tunes, key=lambda figures: figures["choosing_loss"])
        for tunes in zip(*(found[tune.name] for tune in FINETUNES), strict=True)
    ]
    return found | {BEST: best}


def values(found: Cells, arm: str, metric: str) -> list[float]:
    """A figure of an arm, in the order of the seeds."""
    return [figures[metric] for figures in found[arm]]


def differences(found: Cells, ablation: Ablation, other: str) -> dict[str, Difference]:
    """By metric, what the product's arm has more than another of the ablation."""
    return {
        metric: difference(values(found, ablation.one, metric), values(found, other, metric), better)
        for metric, better in METRICS.items()
    }
