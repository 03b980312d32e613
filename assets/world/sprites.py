"""The sprite library: the wheel's drawings, the user's own PNGs, and people, dyed, trimmed and cached."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.world import identities
from assets.world.colours import dyed
from assets.world.drawings import SpritesMissing, drawing
from assets.world.kinds import BY_NAME, PERSON, Kind
from assets.world.spec import ObjectSpec

_OPAQUE = 128  # alpha from which a pixel belongs to the thing
_NEARLY_SOLID = 244
_HULL_CORNERS = 12
_PERSON = Kind(PERSON, (), "soft", "walk", airborne="jump", faces=1, upright=True)


@dataclass(frozen=True, eq=False)
class Sprite:
    """One drawing, trimmed to what is opaque in any pose of its kind.

    Attributes:
        rgba: uint8 [H, W, 4], colours premultiplied by alpha.
        hull: Convex outline of the opaque pixels, float [K, 2] (x, y) from the drawing's centre, in its longest side.
        area: Opaque area in squares of its longest side.
    """

    rgba: NDArray[np.uint8]
    hull: NDArray[np.float64]
    area: float


@dataclass(frozen=True)
class Look:
    """Every pose of one object.

    Attributes:
        poses: At rest first, then the gait; ``airborne`` in the air.
        height, width: Of the drawing, in its longest side.
    """

    poses: tuple[Sprite, ...]
    airborne: Sprite
    height: float
    width: float


@cache
def kinds(folder: str | None = None) -> dict[str, Kind]:
    """Every object kind by name: the wheel's, and each PNG of the user's ``folder`` under its file's name.

    Raises:
        SpritesMissing: The folder is not there, or holds no PNG.
    """
    if folder is None:
        return dict(BY_NAME)
    own = {path.stem.replace("_", " "): path for path in sorted(Path(folder).glob("*.png"))}
    if not own:
        raise SpritesMissing(f"sprite folder {folder} holds no PNG: name each file after what it shows")
    return BY_NAME | {name: Kind(name, (str(path.resolve()),), "wood", "slide") for name, path in own.items()}


def kind_of(thing: ObjectSpec, folder: str | None) -> Kind:
    """The kind of an object. Raises SpritesMissing for a name that nobody has drawn."""
    if thing.kind == PERSON:
        return _PERSON
    found = kinds(folder).get(thing.kind)
    if found is None:
        raise SpritesMissing(f"no sprite is called {thing.kind!r}: see assets/world/kinds.py or name a sprite folder")
    return found


@lru_cache(maxsize=1024)
def look(kind: str, colour: str | None, identity: int | None, folder: str | None) -> Look:
    """The drawings of a kind in a colour, or of a person."""
    if identity is not None:
        person = identities.identity(identity)
        raw = [identities.compose(person, pose) for pose in identities.POSES]
    else:
        known = kinds(folder)[kind]
        raw = [drawing(file) for file in (*known.files, *((known.airborne,) if known.airborne else ()))]
        raw = _same_size(raw)
    if colour is not None:
        raw = [dyed(picture, colour) for picture in raw]
    has_airborne = identity is not None or kinds(folder)[kind].airborne is not None
    return _trimmed(raw, airborne=has_airborne)


@lru_cache(maxsize=512)
def scaled(sprite: Sprite, pixels: int) -> NDArray[np.uint8]:
    """A drawing whose longest side is about ``pixels``: averaged when it shrinks, so that no detail flickers."""
    import cv2

    height, width = sprite.rgba.shape[:2]
    ratio = pixels / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    small = cv2.resize(sprite.rgba, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC)
    small[..., 3][small[..., 3] >= _NEARLY_SOLID] = 255  # what is behind must not shine through by rounding
    return np.asarray(np.minimum(small, small[..., 3:]))  # nor may a cubic overshoot outshine the cover


def _same_size(raw: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Poses of differing sizes, padded so that their feet stay in one place."""
    height, width = max(p.shape[0] for p in raw), max(p.shape[1] for p in raw)
    out = []
    for picture in raw:
        left = (width - picture.shape[1]) // 2
        padded = np.zeros((height, width, 4), np.uint8)
        padded[height - picture.shape[0] :, left : left + picture.shape[1]] = picture
        out.append(padded)
    return out


def _trimmed(raw: list[NDArray[np.uint8]], *, airborne: bool) -> Look:
    opaque = np.max([picture[..., 3] for picture in raw], axis=0) >= _OPAQUE
    rows, columns = np.flatnonzero(opaque.any(1)), np.flatnonzero(opaque.any(0))
    if not len(rows):
        raise SpritesMissing("a sprite has no opaque pixel: give it an alpha channel that shows something")
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    sprites = [_sprite(picture[box]) for picture in raw]
    height, width = sprites[0].rgba.shape[:2]
    longest = max(height, width)
    poses = tuple(sprites[:-1] if airborne else sprites)
    return Look(poses, sprites[-1] if airborne else sprites[0], height / longest, width / longest)


def _sprite(picture: NDArray[np.uint8]) -> Sprite:
    import cv2

    alpha = picture[..., 3:].astype(np.float32) / 255
    rgba = picture.copy()
    rgba[..., :3] = np.rint(picture[..., :3] * alpha)
    opaque = picture[..., 3] >= _OPAQUE
    rows = np.flatnonzero(opaque.any(axis=1))
    left, right = opaque[rows].argmax(axis=1), opaque.shape[1] - opaque[rows, ::-1].argmax(axis=1)
    corners = np.concatenate([np.stack([edge, rows + down], 1) for edge in (left, right) for down in (0, 1)])
    hull = cv2.convexHull(corners.astype(np.float32))[:, 0].astype(np.float64)
    height, width = opaque.shape
    longest = max(height, width)
    return Sprite(rgba, (hull - (width / 2, height / 2)) / longest, float(opaque.sum()) / longest**2)


def outline(sprite: Sprite) -> NDArray[np.float64]:
    """The hull thinned to a dozen corners, for physics: [K, 2] in the drawing's longest side."""
    step = max(1, -(-len(sprite.hull) // _HULL_CORNERS))
    return sprite.hull[::step]
