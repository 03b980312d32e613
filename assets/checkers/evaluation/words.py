"""Which words are over the picture?"""

from collections.abc import Sequence
from typing import ClassVar

from assets.checkers.evaluation.question import Answers, Choice
from assets.checkers.evaluation.sources import STILL, Footage
from assets.checkers.lettering import words
from assets.checkers.scores import balanced
from assets.world.render import RenderedClip
from assets.world.truth import Truth


class Words(Choice[RenderedClip, Footage, str | None]):
    """Asked of clips with words and without."""

    name: ClassVar[str] = "words"
    source = STILL

    def find(self, view: Footage) -> str | None:
        """The words."""
        return words(view.frames).value

    def answers(self, truth: RenderedClip, found: str | None) -> Answers:
        """See ``words_answers``."""
        return words_answers(truth.truth, found)

    def chance(self, held: Sequence[tuple[RenderedClip, str | None]]) -> float:
        """What the true words of other clips score: hardly one is right, but often there are none on either side."""
        truths = [clip.truth for clip, _ in held]
        others = [*truths[1:], truths[0]]
        answers = [a for truth, other in zip(truths, others, strict=True) for a in words_answers(truth, other.text)]
        return balanced([said for said, _ in answers], [true for _, true in answers]).value


def words_answers(truth: Truth, read: str | None) -> Answers:
    """Whether the words are read to the letter, and none where there are none."""
    kind = "words" if truth.text else "no words"
    return [(kind if read == truth.text else "misread", kind)]
