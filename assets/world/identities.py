"""Synthetic people: heads and bodies of four drawn characters exchanged, with skin, hair and clothes dyed.

An identity is a number; its digits in a mixed radix are the choices, so no two numbers look alike.
"""

import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assets.world.colours import RGB, gains, shaded
from assets.world.drawings import drawing

Sprite = NDArray[np.uint8]
RGBTuple = tuple[int, int, int]

CHIN = 82  # row of the 96x128 drawings below which the body begins: the same in every pose of every character
WAIST = 99  # row below which clothes are trousers
SKINS: dict[str, RGBTuple] = {
    "pale": (255, 219, 186),
    "tan": (226, 172, 128),
    "brown": (172, 112, 74),
    "dark": (98, 62, 44),
}
HAIRS: dict[str, RGBTuple] = {
    "black": (44, 42, 44),
    "brown": (112, 66, 38),
    "blond": (240, 206, 98),
    "ginger": (222, 104, 34),
    "grey": (186, 188, 194),
    "blue": (64, 104, 222),
}
TOPS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "white")
BOTTOMS = ("red", "green", "blue", "purple", "white", "black")
_HELD_OUT_OF = 8  # every eighth identity, by hash, is kept from training


@dataclass(frozen=True)
class _Base:
    """A drawn character and the colours of its parts."""

    path: str
    skin: tuple[RGBTuple, ...]
    hair: tuple[RGBTuple, ...]
    top: tuple[RGBTuple, ...]
    bottom: tuple[RGBTuple, ...]


_PALE = ((255, 215, 177), (236, 199, 163))
_BROWN = ((191, 121, 88), (178, 113, 82))
_BASES = (
    _Base("male_adventurer/maleAdventurer", _PALE, (_BROWN[0], (160, 100, 74)), ((59, 185, 119),), ((232, 156, 93),)),
    _Base(
        "female_adventurer/femaleAdventurer",
        _PALE,
        ((219, 133, 92), (191, 121, 88)),
        ((113, 162, 190),),
        ((219, 133, 92), (191, 121, 88)),
    ),
    _Base("male_person/malePerson", _BROWN, ((60, 62, 65),), ((234, 158, 94),), ((100, 103, 192),)),
    _Base("female_person/femalePerson", _BROWN, ((60, 62, 65),), ((59, 186, 119),), ((96, 99, 185),)),
)
_OTHER = ((255, 255, 255), (212, 212, 212), (40, 40, 42))  # eyes, shoes, outlines: never dyed
_RADICES = (len(_BASES), len(_BASES), len(SKINS), len(HAIRS), len(TOPS), len(BOTTOMS))
COUNT = int(np.prod(_RADICES))
POSES = ("idle", *(f"walk{index}" for index in range(8)), "jump")


@dataclass(frozen=True)
class Identity:
    """What makes one person recognisable.

    Attributes:
        number: 0 to ``COUNT - 1``.
        head, body: Index of the drawn character that each is taken from.
        skin, hair, top, bottom: Names of colours.
    """

    number: int
    head: int
    body: int
    skin: str
    hair: str
    top: str
    bottom: str


def identity(number: int) -> Identity:
    """The person of a number. Raises ValueError outside 0 to ``COUNT - 1``."""
    if not 0 <= number < COUNT:
        raise ValueError(f"identity {number} is outside 0..{COUNT - 1}")
    digits = [int(digit) for digit in np.unravel_index(number, _RADICES)]
    head, body, skin, hair, top, bottom = digits
    return Identity(number, head, body, list(SKINS)[skin], list(HAIRS)[hair], TOPS[top], BOTTOMS[bottom])


def held_out(number: int) -> bool:
    """Whether training never sees this person."""
    return zlib.crc32(f"identity {number}".encode()) % _HELD_OUT_OF == 0


def compose(person: Identity, pose: str) -> Sprite:
    """The person in one of ``POSES``, RGBA [128, 96, 4]."""
    out = _dyed(person, person.body, pose)
    out[:CHIN] = _dyed(person, person.head, pose)[:CHIN]
    return out


def _dyed(person: Identity, base: int, pose: str) -> Sprite:
    """One character's drawing in the person's colours."""
    sprite, parts = _parts(base, pose)
    out = sprite.copy()
    targets = (SKINS[person.skin], HAIRS[person.hair], RGB[person.top], RGB[person.bottom])
    for (region, gain), target in zip(parts, targets, strict=True):
        out[..., :3][region] = shaded(gain, target)
    return out


@cache
def _parts(base: int, pose: str) -> tuple[Sprite, tuple[tuple[NDArray[np.bool_], NDArray[np.float32]], ...]]:
    """A drawing, and of its skin, hair, top and bottom where each is and how light.

    Above the waist nothing is taken for trousers, and below it nothing for hair: the two may look the same.
    """
    drawn = _BASES[base]
    sprite = drawing(f"animated_characters/{drawn.path}_{pose}.png")
    upper = _nearest(sprite[:WAIST], (drawn.skin, drawn.hair, drawn.top, (), _OTHER))
    lower = _nearest(sprite[WAIST:], (drawn.skin, (), drawn.top, drawn.bottom, _OTHER))
    part = np.concatenate([upper, lower])
    opaque = sprite[..., 3] > 0
    regions = [opaque & (part == index) for index in range(4)]
    return sprite, tuple((region, gains(sprite, region)) for region in regions)


def _nearest(sprite: Sprite, groups: tuple[tuple[RGBTuple, ...], ...]) -> NDArray[np.intp]:
    """Index of the group that holds the reference colour nearest to each pixel; an empty group takes none."""
    pixels = sprite[..., :3].astype(np.float32)
    far = np.full(pixels.shape[:2], np.inf, np.float32)
    distances = [
        np.min([far, *(np.linalg.norm(pixels - np.array(colour, np.float32), axis=-1) for colour in group)], axis=0)
        for group in groups
    ]
    return np.argmin(distances, axis=0)
