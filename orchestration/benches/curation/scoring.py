"""Scoring of shot detectors: found boundaries matched one to one with true ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.benches.curation.reel import Boundary

TOLERANCE = 1  # frames


@dataclass(frozen=True)
class Score:
    """Counts of one detector on one reel."""

    hits: int
    missed: int
    wrong: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 hits / (2 hits + missed + wrong)."""
        return 2 * self.hits / max(2 * self.hits + self.missed + self.wrong, 1)


def score(found: Sequence[int], truth: Sequence[Boundary]) -> Score:
    """Found frames against true boundaries.

    A frame hits a boundary when it lies within its transition or one frame beside it. Each boundary can be hit once,
    and by one frame: a second one is wrong, as is any other frame.
    """
    free = sorted(set(found))
    hits = 0
    for boundary in truth:
        hit = next((f for f in free if boundary.first - TOLERANCE <= f <= boundary.last + TOLERANCE), None)
        if hit is not None:
            free.remove(hit)
            hits += 1
    return Score(hits, len(truth) - hits, len(free))
