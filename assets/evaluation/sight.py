"""Sight: what the checkers see in a clip with one thing before a painted wall, from its pixels alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers import background as backgrounds
from assets.checkers import belief, detector, looks
from assets.checkers import motion as motions
from assets.checkers.background import background
from assets.checkers.clips import FPS
from assets.checkers.motion import way
from assets.checkers.things import things

WEIGHTS = (backgrounds.WEIGHTS, detector.WEIGHTS, looks.WEIGHTS, belief.WEIGHTS, motions.WEIGHTS)
"""Files that an answer depends on, beside the code."""


@dataclass(frozen=True)
class Sight:
    """What is seen, in the world's words; None for the thing's part where no thing is seen.

    Attributes:
        background: A colour, two colours joined by ``and``, or the name of a backdrop.
        kind, colour, motion: Of the thing that is seen best.
    """

    background: str
    kind: str | None = None
    colour: str | None = None
    motion: str | None = None


def seen_in(frames: NDArray[np.uint8], fps: float) -> Sight:
    """What uint8 [F, H, W, 3] shows, looked at as often a second as the checkers were measured."""
    looked_at = frames[:: max(1, round(fps / FPS))]
    behind = background(looked_at).value
    place = behind.theme or " and ".join(dict.fromkeys(name for name in (behind.upper, behind.lower) if name))
    found = things(looked_at)
    if not found:
        return Sight(place)
    return Sight(place, found[0].kind, found[0].colour, way(found[0]).value)
