"""When does something begin to sound?"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.coded import coded_sound
from assets.checkers.evaluation.question import Exhibit, Question, Source
from assets.checkers.onsets import TOLERANCE, matched, onsets
from assets.checkers.scores import Score, f1

Samples = NDArray[np.float32]


def _show(seed: int) -> Exhibit[list[float], Samples]:
    samples, true = next(clips.sounds(1, "validation", seed))
    return Exhibit(apart(true), samples, coded_sound(samples))


class Onsets(Question[list[float], Samples, list[float]]):
    """Scored by F1 at ``TOLERANCE``."""

    name: ClassVar[str] = "onsets"
    source = Source("sounds", _show)

    def find(self, view: Samples) -> list[float]:
        """The seconds."""
        return [onset.seconds for onset in onsets(view)]

    def score(self, held: Sequence[tuple[list[float], list[float]]]) -> Score:
        """F1 over all clips."""
        return f1([matched(found, true) for true, found in held])

    def chance(self, held: Sequence[tuple[list[float], list[float]]]) -> float:
        """The F1 of true onsets of other clips: there is no constant for how often onsets meet by accident."""
        truths = [true for true, _ in held]
        return f1([matched(other, true) for true, other in zip(truths, [*truths[1:], truths[0]], strict=True)]).value


def apart(seconds: list[float]) -> list[float]:
    """Onsets that can be told apart: of several within the tolerance of the first, the first."""
    found: list[float] = []
    for time in sorted(seconds):
        if not found or time - found[-1] > TOLERANCE:
            found.append(time)
    return found
