"""Wording: what a short caption says, read back from its words alone."""

import re
from dataclasses import dataclass

from assets.world.backdrops import THEMES
from assets.world.captions import DOES, HOVERS, RESTS
from assets.world.colours import COLOURS
from assets.world.kinds import BY_NAME, PERSON

_COLOUR = "|".join(COLOURS)
_KIND = "|".join(sorted((*BY_NAME, PERSON), key=len, reverse=True))
_THING = re.compile(rf"\ban? (?:({_COLOUR}) )?({_KIND})\b")
_WALL = re.compile(rf"\bon an? ((?:{_COLOUR})(?: and (?:{_COLOUR}))?) background")


@dataclass(frozen=True)
class Said:
    """What a caption says of a scene, None for what it leaves open.

    Attributes:
        background: A colour, two joined by ``and`` from above, or the name of a backdrop.
        kind, colour: Of the thing that is named first; it is dyed in ``colour`` or keeps its own.
        motion: What it does.
    """

    background: str | None
    kind: str | None
    colour: str | None
    motion: str | None


def said(caption: str) -> Said:
    """What a short caption says, as far as it is in the world's words."""
    wall, thing = _WALL.search(caption), _THING.search(caption)
    themes = (name for name, theme in THEMES.items() if theme.phrase in caption)
    return Said(
        background=wall[1] if wall else next(themes, None),
        kind=thing[2] if thing else None,
        colour=thing[1] if thing else None,
        motion=_motion(caption),
    )


def _motion(caption: str) -> str | None:
    for motion, wordings in DOES.items():
        if any(wording in caption for wording in wordings):
            return motion
    if HOVERS in caption or any(wording in caption for wording in RESTS):
        return "still"
    side = re.search(r" (?:to the )?(left|right)\b", caption)
    return side[1] if side else None
