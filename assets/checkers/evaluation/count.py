"""How many things are there?"""

from typing import ClassVar

from assets.checkers.evaluation.question import Answers, Choice
from assets.checkers.evaluation.sight import in_sight
from assets.checkers.evaluation.sources import STILL, Footage
from assets.checkers.presence import count
from assets.checkers.things import Thing
from assets.world.render import RenderedClip
from assets.world.truth import Truth


class Count(Choice[RenderedClip, Footage, tuple[Thing, ...]]):
    """Asked where all things are in sight."""

    name: ClassVar[str] = "count"
    source = STILL

    def find(self, view: Footage) -> tuple[Thing, ...]:
        """The things."""
        return view.things

    def answers(self, truth: RenderedClip, found: tuple[Thing, ...]) -> Answers:
        """See ``count_answers``."""
        return count_answers(truth.truth, found)


def count_answers(truth: Truth, found: tuple[Thing, ...]) -> Answers:
    """How many things, in clips whose things are all in sight."""
    if len(in_sight(truth)) < len(truth.tracks):
        return []
    return [(count(found).value, len(truth.tracks))]
