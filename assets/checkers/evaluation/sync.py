"""Does what is heard begin when something is seen to hit?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assets.checkers.coded import coded, coded_sound
from assets.checkers.contacts import Contact, contacts
from assets.checkers.evaluation.question import Answers, Choice, Exhibit, Source
from assets.checkers.onsets import Onset, onsets
from assets.checkers.sync import DOUBTFUL, judged
from assets.checkers.sync_cases import cases

_APART = 8  # seeds from which each case is made: not every scene shows a contact that sounds
_CLEAN, _CODED = 0, 1
Heard = tuple[tuple[tuple[Onset, ...], bool], ...]  # the onsets of a sound, and whether it belongs to the pictures


@dataclass(frozen=True, eq=False)
class Pictures:
    """What is seen: uint8 [F, H, W, 3], and through which of the two ways the sound has gone as well."""

    frames: NDArray[np.uint8]
    fps: int
    way: int


def _show(seed: int) -> Exhibit[tuple[Heard, Heard], Pictures]:
    """A case of ``sync_cases``; its truth are the onsets of its right, its shifted and another clip's sound."""
    case = next(cases(1, "validation", seed * _APART))
    sounds = ((case.samples, True), (case.shifted, False), (case.exchanged, False))
    clean = tuple((onsets(samples), right) for samples, right in sounds)
    after = tuple((onsets(coded_sound(samples)), right) for samples, right in sounds)
    smeared = coded(case.frames, case.fps)
    return Exhibit((clean, after), Pictures(case.frames, case.fps, _CLEAN), Pictures(smeared, case.fps, _CODED))


class Sync(Choice[tuple[Heard, Heard], Pictures, tuple[int, Sequence[Contact]]]):
    """Asked of three sounds: the clip's own, the same one early or late, and another clip's."""

    name: ClassVar[str] = "sync"
    source = Source("contacts", _show)

    def find(self, view: Pictures) -> tuple[int, Sequence[Contact]]:
        """The contacts, and through which way the sound has gone."""
        return view.way, contacts(view.frames, view.fps, DOUBTFUL)

    def answers(self, truth: tuple[Heard, Heard], found: tuple[int, Sequence[Contact]]) -> Answers:
        """Whether each sound is in sync."""
        way, seen = found
        return [(judged(seen, heard).value, right) for heard, right in truth[way]]
