"""Is a thing of that kind and colour there?"""

from typing import ClassVar

import numpy as np

from assets.checkers.evaluation.question import Answers, Choice
from assets.checkers.evaluation.sight import in_sight
from assets.checkers.evaluation.sources import STILL, Footage
from assets.checkers.presence import present
from assets.checkers.things import Thing
from assets.checkers.vocabulary import DYES, KINDS
from assets.world.render import RenderedClip


class Presence(Choice[RenderedClip, Footage, tuple[Thing, ...]]):
    """Asked for each thing in sight, and as often for one that is not there."""

    name: ClassVar[str] = "presence"
    source = STILL

    def find(self, view: Footage) -> tuple[Thing, ...]:
        """The things."""
        return view.things

    def answers(self, truth: RenderedClip, found: tuple[Thing, ...]) -> Answers:
        """See ``presence_answers``."""
        return presence_answers(truth, found)


def presence_answers(clip: RenderedClip, found: tuple[Thing, ...]) -> Answers:
    """For each thing in sight: is it there; is it there in another colour; is another kind there in its colour."""
    rng = np.random.default_rng([clip.spec.seed, 17])
    there = {(track.kind, track.colour) for track in clip.truth.tracks}
    kinds = {track.kind for track in clip.truth.tracks}
    answers: Answers = []
    for track in in_sight(clip.truth):
        answers.append((present(found, track.kind, track.colour).value, True))
        dyes = [dye for dye in DYES if (track.kind, dye) not in there]
        others = [kind for kind in KINDS if kind not in kinds]
        wrong = [(track.kind, _pick(rng, dyes)), (_pick(rng, others), track.colour)]
        answers.append((present(found, *wrong[int(rng.integers(2))]).value, False))
    return answers


def _pick(rng: np.random.Generator, options: list[str]) -> str:
    return options[int(rng.integers(len(options)))]
