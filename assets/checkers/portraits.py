"""Portraits: pictures of one person each, for the judge of identity; drawn for training, or cut from frames."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT, Scene
from assets.checkers.things import Thing
from assets.checkers.vocabulary import KINDS
from assets.world import identities
from assets.world.cast import EXTENTS
from assets.world.compositing import affine, stamp
from assets.world.kinds import BY_NAME, PERSON
from assets.world.sprites import look

Picture = NDArray[np.uint8]

CHARACTERS = tuple(sorted({identities.identity(number).head for number in range(identities.COUNT)}))
CHOICES: dict[str, tuple[object, ...]] = {  # what makes a person: attributes, and what each may be
    "head": CHARACTERS,
    "body": CHARACTERS,
    "skin": tuple(identities.SKINS),
    "hair": tuple(identities.HAIRS),
    "top": identities.TOPS,
    "bottom": identities.BOTTOMS,
}
SIDE = 48  # pixels of a portrait
REACH = 0.6  # of a person's longest side: from the middle of a portrait to its edge
_OFF, _UNEVEN = 0.07, 0.14  # how far training portraits miss a person's middle, and their size: so may a detector
_SURE = 0.2  # probability of a person from which a thing is taken for one
_MOST = 4  # portraits of one clip
_HALF_HIDDEN = 0.2  # how often something stands before a person
_CODED, _QUALITY = 0.6, (18, 60)  # how often a portrait has been through JPEG, and at which quality


class NobodySeen(LookupError):
    """A clip or picture in which no person is found."""


def portraits(frames: NDArray[np.uint8], found: Sequence[Thing]) -> Picture:
    """The person of a clip where it is seen best, [N, 48, 48, 3] with N up to 4; ``found`` are the clip's things.

    Raises:
        NobodySeen: None of them is a person.
    """
    which = KINDS.index(PERSON)
    person = max(found, key=lambda thing: float(thing.kinds[which]), default=None)
    if person is None or person.kinds[which] < _SURE:
        raise NobodySeen(f"none of the {len(found)} things in {len(frames)} frames is a person: give a picture of one")
    height, width = frames.shape[1:3]
    short = min(height, width)
    best = np.sort(np.argsort(-person.scores)[:_MOST])
    return np.stack(
        [
            cut(
                frames[person.frames[at]],
                (person.x[at] * short + width / 2, person.y[at] * short + height / 2),
                float(person.extent[at]) * short,
            )
            for at in best
        ]
    )


def cut(frame: Picture, middle: tuple[float, float], extent: float) -> Picture:
    """A portrait of whom is at ``middle``, ``extent`` pixels large."""
    import cv2

    scale = SIDE / (2 * REACH * extent)
    left, top = middle[0] - REACH * extent, middle[1] - REACH * extent
    matrix = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]])
    return np.asarray(cv2.warpAffine(frame, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE))


def drawn(rng: np.random.Generator, backs: Sequence[Scene], count: int) -> tuple[Picture, NDArray[np.int64]]:
    """Portraits [N, 48, 48, 3] of people that training may see, and who they are: ``choices`` [N, 6]."""
    pictures, who = np.empty((count, SIDE, SIDE, 3), np.uint8), np.empty((count, len(CHOICES)), np.int64)
    for index in range(count):
        number = int(rng.integers(identities.COUNT))
        while identities.held_out(number):
            number = int(rng.integers(identities.COUNT))
        pictures[index], who[index] = _portrait(rng, backs, number), people()[number]
    return pictures, who


def choices(number: int) -> tuple[int, ...]:
    """Which of its ``CHOICES`` a person is, for each attribute."""
    person = identities.identity(number)
    return tuple(options.index(getattr(person, name)) for name, options in CHOICES.items())


@cache
def people() -> NDArray[np.int64]:
    """The choices of everybody, [identities.COUNT, 6]."""
    return np.array([choices(number) for number in range(identities.COUNT)])


def _portrait(rng: np.random.Generator, backs: Sequence[Scene], number: int) -> Picture:
    scene = backs[int(rng.integers(len(backs)))]
    canvas = scene.picture.copy()
    sizes = [EXTENTS[size] for size in ("medium", "big")]
    extent = float(rng.uniform(0.95 * sizes[0][0], 1.05 * sizes[-1][1])) * SHORT
    middle = rng.uniform(0.3 * SHORT, 0.7 * SHORT, 2)
    person, pose = identities.identity(number), identities.POSES[int(rng.integers(len(identities.POSES)))]
    figure = identities.compose(person, pose)[_box(person.head, person.body)]
    figure[..., :3] = np.rint(figure[..., :3] * (figure[..., 3:] / 255))
    _lay(rng, canvas, figure, extent, middle)
    if rng.random() < _HALF_HIDDEN:
        kind = list(BY_NAME)[int(rng.integers(len(BY_NAME)))]
        angle, size = rng.uniform(0, 2 * math.pi), float(rng.uniform(0.3, 0.8)) * extent
        beside = middle + rng.uniform(0.4, 0.7) * extent * np.array([math.cos(angle), math.sin(angle)])
        _lay(rng, canvas, look(kind, None, None, None).poses[0].rgba, size, beside)
    canvas[scene.front] = scene.picture[scene.front]
    middle += rng.uniform(-_OFF, _OFF, 2) * extent
    seen = canvas if rng.random() >= _CODED else _jpeg(canvas, int(rng.integers(*_QUALITY)))
    return cut(seen, (float(middle[0]), float(middle[1])), extent * float(rng.uniform(1 - _UNEVEN, 1 + _UNEVEN)))


def _lay(
    rng: np.random.Generator, canvas: Picture, figure: Picture, extent: float, middle: NDArray[np.float64]
) -> None:
    """Draw a figure upright, looking either way."""
    import cv2

    height, width = figure.shape[:2]
    ratio = extent / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    small = cv2.resize(figure, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        small = np.ascontiguousarray(small[:, ::-1])
    stamp(
        canvas,
        np.asarray(small, np.uint8),
        affine(1.0, 0.0, (float(middle[0]), float(middle[1])), (size[0] / 2, size[1] / 2)),
    )


@cache
def _box(head: int, body: int) -> tuple[slice, slice]:
    """Rows and columns of a drawing that people with that head and body fill in any pose."""
    person = identities.identity(int(np.flatnonzero((people()[:, :2] == (head, body)).all(axis=1))[0]))
    opaque = np.max([identities.compose(person, pose)[..., 3] for pose in identities.POSES], axis=0) > 0
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _jpeg(picture: Picture, quality: int) -> Picture:
    import cv2

    written = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(written, cv2.IMREAD_COLOR))
