"""Was an edit made inside its mask, and was the rest kept?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.coded import coded
from assets.checkers.edits import verdict
from assets.checkers.evaluation.question import Answers, Choice, Exhibit, Source
from assets.world.pairs import EditTriple

Frames = NDArray[np.uint8]
Asked = tuple[str, bool]  # "changed" or "kept", and whether it is so


@dataclass(frozen=True, eq=False)
class Case:
    """What the judge is given once: both clips and the mask, and which half of its verdict is asked for."""

    before: Frames
    after: Frames
    mask: NDArray[np.bool_]
    asked: str


def _show(seed: int) -> Exhibit[list[Asked], list[Case]]:
    """Four cases of an edit; in what order the right and the faulty one come is drawn."""
    triple = next(clips.edits(1, "validation", seed))
    true, clean = cases(triple, lambda frames: frames, seed)
    return Exhibit(true, clean, cases(triple, lambda frames: coded(frames, clips.FPS), seed)[1])


class Edits(Choice[list[Asked], list[Case], list[bool]]):
    """Asked of a true edit, one that was not made, and one that goes beyond its mask."""

    name: ClassVar[str] = "edits"
    source = Source("edits", _show)

    def find(self, view: list[Case]) -> list[bool]:
        """What is said of each case."""
        verdicts = [(case.asked, verdict(case.before, case.after, case.mask)) for case in view]
        return [(one.changed if asked == "changed" else one.kept).value for asked, one in verdicts]

    def answers(self, truth: list[Asked], found: list[bool]) -> Answers:
        """Each case's."""
        return [((asked, said), (asked, true)) for (asked, true), said in zip(truth, found, strict=True)]

    def chance(self, held: Sequence[tuple[list[Asked], list[bool]]]) -> float:
        """Each case is yes or no."""
        del held
        return 0.5


def cases(triple: EditTriple, through: Callable[[Frames], Frames], seed: int) -> tuple[list[Asked], list[Case]]:
    """A true edit and one that was not made; a true one and one whose mask leaves out half of what it changes."""
    before, after, mask = through(triple.before.frames), through(triple.after.frames), triple.mask
    half = mask.copy()
    columns = np.flatnonzero((triple.before.frames != triple.after.frames).any(axis=(0, 1, 3)))
    if len(columns):
        half[..., int(np.median(columns)) :] = False
    pairs = [
        [(True, Case(before, after, mask, "changed")), (False, Case(before, before, mask, "changed"))],
        [(True, Case(before, after, mask, "kept")), (False, Case(before, after, half, "kept"))],
    ]
    rng = np.random.default_rng([seed, 23])
    drawn = [pair[int(at)] for pair in pairs for at in rng.permutation(2)]
    return [(case.asked, true) for true, case in drawn], [case for _, case in drawn]
