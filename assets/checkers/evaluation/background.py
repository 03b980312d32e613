"""What is behind?"""

from typing import ClassVar

from assets.checkers.background import Background, background
from assets.checkers.evaluation.question import Answers, Choice
from assets.checkers.evaluation.sources import STILL, Footage
from assets.world.render import RenderedClip


class Behind(Choice[RenderedClip, Footage, Background]):
    """The theme of a backdrop, or each end of a painted wall."""

    name: ClassVar[str] = "background"
    source = STILL

    def find(self, view: Footage) -> Background:
        """The background."""
        return background(view.frames).value

    def answers(self, truth: RenderedClip, found: Background) -> Answers:
        """The theme, or both ends."""
        true = truth.spec.background
        if true.theme:
            return [(found.theme, true.theme)]
        ends = zip((found.upper, found.lower), (true.colours[0], true.colours[-1]), strict=True)
        return [(end, colour) for end, colour in ends]
