"""Scores of a judge against the truth: balanced accuracy and F1, each with a 95% confidence interval."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

_Z = 1.959964  # of the normal distribution, 95%


@dataclass(frozen=True)
class Score:
    """A share of right answers.

    Attributes:
        value: 0 to 1.
        low, high: 95% confidence interval.
        clips: Of how many clips.
    """

    value: float
    low: float
    high: float
    clips: int


def balanced(said: Sequence[Hashable], true: Sequence[Hashable], clips: int | None = None) -> Score:
    """The mean over the true classes of the share of them that is recognised.

    The interval is Wilson's, of the number of trials that would give a plain share this balanced one's variance if
    all classes were recognised equally well: n = k^2 / sum(1 / n_i), of k classes with n_i answers each. Answers of one
    clip count as one together: they may all be wrong for one reason.

    Args:
        said: Answers.
        true: Truths, in the same order.
        clips: How many clips they are of, if some gave several.

    Raises:
        ValueError: There is nothing to score, or the two differ in length.
    """
    if not true or len(said) != len(true):
        raise ValueError(f"{len(said)} answers to {len(true)} truths: give as many of both, and at least one")
    rights: dict[Hashable, list[bool]] = {}
    for answer, truth in zip(said, true, strict=True):
        rights.setdefault(truth, []).append(answer == truth)
    value = float(np.mean([np.mean(right) for right in rights.values()]))
    trials = len(rights) ** 2 / sum(1 / len(right) for right in rights.values())
    count = clips or len(true)
    low, high = wilson(value, trials * min(1.0, count / len(true)))
    return Score(value, low, high, count)


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Wilson's 95% interval (JASA 22, 1927) of a share of so many trials."""
    spread = _Z**2 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def f1(counts: Sequence[tuple[int, int, int]], draws: int = 1000) -> Score:
    """F1 over all clips' (right, wrong, missed) counts; the interval is a bootstrap over clips.

    Raises:
        ValueError: There is nothing to find and nothing was found.
    """
    table = np.asarray(counts, float).reshape(-1, 3)
    if not table.sum():
        raise ValueError("no clip has anything to find: F1 is not defined")
    rng = np.random.default_rng(0)
    picked = table[rng.integers(len(table), size=(draws, len(table)))].sum(axis=1)
    spread = _f1(picked[picked.sum(axis=1) > 0])
    low, high = (float(edge) for edge in np.quantile(spread, (0.025, 0.975)))
    return Score(float(_f1(table.sum(axis=0)[None])[0]), low, high, len(table))


def _f1(totals: "np.ndarray") -> "np.ndarray":
    right, wrong, missed = totals.T
    return np.asarray(2 * right / (2 * right + wrong + missed))
