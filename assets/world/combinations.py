"""Held-out combinations: pairs of a kind with a colour or a motion that training never shows together.

Each kind, each colour and each motion is seen in training; only some pairs are not. What a model makes of those pairs
measures whether it composes what it knows.
"""

import zlib

from assets.world.spec import ObjectSpec

_ONE_IN = 10


def colour_held_out(kind: str, colour: str | None) -> bool:
    """Whether training never shows ``kind`` in ``colour``. Its own colours are always shown."""
    return colour is not None and _chosen(f"{kind} in {colour}")


def motion_held_out(kind: str, motion: str) -> bool:
    """Whether training never shows ``kind`` in ``motion``. Rest is always shown."""
    return motion != "still" and _chosen(f"{kind} does {motion}")


def held_out(thing: ObjectSpec) -> bool:
    """Whether an object shows a combination that training never does."""
    return colour_held_out(thing.kind, thing.colour) or motion_held_out(thing.kind, thing.motion)


def _chosen(pair: str) -> bool:
    return zlib.crc32(pair.encode()) % _ONE_IN == 0
