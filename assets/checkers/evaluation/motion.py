"""Which way does a thing go?"""

from typing import ClassVar

from assets.checkers.evaluation.question import Answers, Choice
from assets.checkers.evaluation.sight import in_sight, nearest
from assets.checkers.evaluation.sources import STILL, Footage
from assets.checkers.motion import WAY_OF, seen_to, way
from assets.checkers.things import Thing
from assets.world.render import RenderedClip
from assets.world.truth import Truth


class Motion(Choice[RenderedClip, Footage, tuple[Thing, ...]]):
    """Asked for each thing in sight that does what it set out to do."""

    name: ClassVar[str] = "motion"
    source = STILL

    def find(self, view: Footage) -> tuple[Thing, ...]:
        """The things."""
        return view.things

    def answers(self, truth: RenderedClip, found: tuple[Thing, ...]) -> Answers:
        """See ``motion_answers``."""
        return motion_answers(truth.truth, found)


def motion_answers(truth: Truth, found: tuple[Thing, ...]) -> Answers:
    """The way of each thing in sight that does what it set out to do; nothing found is a wrong answer.

    What set out to bounce and never rises again, because it landed on another thing, does not: no pixel shows it.
    """
    answers: Answers = []
    short = min(truth.instances.shape[1:])
    for track in in_sight(truth):
        true = WAY_OF.get(track.motion)
        if true and seen_to(true, track.y / short):
            thing = nearest(track, truth, found)
            answers.append((None if thing is None else way(thing).value, true))
    return answers
