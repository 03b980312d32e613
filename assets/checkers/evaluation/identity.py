"""Do two pictures show the same person?"""

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.coded import coded
from assets.checkers.evaluation.question import Answers, Choice, Exhibit, Source
from assets.checkers.identity import embedding, same
from assets.checkers.portraits import SIDE
from assets.world.pairs import reference
from assets.world.render import RenderedClip

Couple = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def _show(seed: int) -> Exhibit[bool, Couple]:
    """Of each clip of ``clips.couples`` the picture that shows most of its person, cut from the clip as it is seen."""
    pair = next(clips.couples(1, "validation", seed))
    after = [replace(clip, frames=coded(clip.frames, round(clip.fps))) for clip in pair]
    return Exhibit(pair[0].truth.identity == pair[1].truth.identity, _pictures(*pair), _pictures(*after))


def _pictures(one: RenderedClip, other: RenderedClip) -> Couple:
    return reference(one, SIDE), reference(other, SIDE)


class Identity(Choice[bool, Couple, bool]):
    """Asked of people whom training has not seen: half of the pairs are one person, a quarter two who look alike."""

    name: ClassVar[str] = "identity"
    source = Source("couples", _show)

    def find(self, view: Couple) -> bool:
        """Whether they are the same."""
        return same(*(embedding(picture) for picture in view)).value

    def answers(self, truth: bool, found: bool) -> Answers:
        """Yes or no."""
        return [(found, truth)]
