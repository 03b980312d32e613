"""Training pictures of detector and looks: things laid on empty scenes, so that all kinds come equally often.

Kinds come in all colours that they can have: a judge of what models make of held-out combinations must know them.
Beside them stand frames of whole clips, where things meet, pile up and burst as they do in the world.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assets.checkers.vocabulary import COLOURS, KINDS, OWN
from assets.world import identities
from assets.world.backdrops import THEMES
from assets.world.cast import EXTENTS, natural
from assets.world.compositing import affine, stamp
from assets.world.draw import WorldOptions, draw
from assets.world.kinds import BY_NAME, PERSON
from assets.world.render import RenderedClip, render
from assets.world.spec import CAMERAS
from assets.world.sprites import Look, Sprite, look, scaled
from assets.world.truth import FRONT

SHORT = 128  # pixels of the short side at which things are looked for
_COUNTS = (0.05, 0.15, 0.3, 0.3, 0.2)  # how often a picture holds 0 to 4 things
_BESIDE = 0.35  # how often a thing is laid beside the one before it
_APART = (0.4, 1.1)  # ... and how far from its middle, in that one's extents
_STANDS = 0.55  # how often a thing keeps its feet down
_LEVEL = 0.75  # ... and one that flies does not spin
_CODED = 0.5  # how often a picture has been through a codec
_QUALITY = (18, 60)  # of JPEG, whose blocks look like those of H.264 at CRF 30
_OVER = 0.08  # how far extents go beyond what the world draws
_PEOPLE = 200  # identities that are learned from
_EMPTY = WorldOptions(
    seconds=(2.0, 2.0),
    objects=(0, 0),
    cameras=tuple(camera for camera in CAMERAS if camera != "tracking"),  # which needs someone to follow
    text=0.25,
    styles=0.0,
    offscreen=0.0,
)


@dataclass(frozen=True, eq=False)
class Scene:
    """An empty scene.

    Attributes:
        picture: RGB uint8 [H, W, 3].
        front: Where it stands before all things, bool [H, W].
        avoid: Colours that would be lost before it.
    """

    picture: NDArray[np.uint8]
    front: NDArray[np.bool_]
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A thing in a picture.

    Attributes:
        x, y: Its centre, and ``extent`` its longest side, in pixels.
        kind, colour: Places in ``KINDS`` and ``COLOURS``.
        share: Of its whole area, how much is seen.
    """

    x: float
    y: float
    extent: float
    kind: int
    colour: int
    share: float


@dataclass(frozen=True, eq=False)
class Picture:
    """RGB uint8 [H, W, 3] and what it shows.

    Attributes:
        taken: Where a detector takes something for a thing: x, y and extent in pixels.
    """

    pixels: NDArray[np.uint8]
    shown: tuple[Shown, ...]
    taken: tuple[tuple[float, float, float], ...] = ()


def scenes(count: int, first_seed: int) -> list[Scene]:
    """Two frames each of empty scenes, at the start and two seconds into their camera's way."""
    found = []
    for seed in range(first_seed, first_seed + count):
        static = replace(_EMPTY, cameras=("static",)) if seed % 2 else _EMPTY
        clip = render(draw(seed, static), SHORT, SHORT, 1.0, 2)
        back = clip.spec.background
        avoid = back.colours + (THEMES[back.theme].colours if back.theme else ())
        found += [Scene(clip.frames[at], clip.truth.instances[at] >= FRONT, avoid) for at in range(2)]
    return found


def laid(rng: np.random.Generator, backs: Sequence[Scene]) -> Picture:
    """Up to four things on an empty scene, seen through a codec half the time."""
    scene = backs[int(rng.integers(len(backs)))]
    canvas, seen = scene.picture.copy(), np.zeros(scene.front.shape, np.int8)
    drawn: list[tuple[Shown, float]] = []  # and its whole area in pixels
    x, y, extent = 0.0, 0.0, 0.0
    for number in range(int(rng.choice(len(_COUNTS), p=_COUNTS))):
        kind, colour = _thing(rng, scene.avoid)
        if number and rng.random() < _BESIDE:
            angle, far = rng.uniform(-math.pi, math.pi), rng.uniform(*_APART) * extent
            x, y = x + far * math.cos(angle), y + far * math.sin(angle)
        else:
            x, y = rng.uniform(-4, SHORT + 4, 2)
        extent = _extent(rng)
        area = _lay(rng, canvas, seen, number + 1, (kind, colour, extent, x, y))
        drawn.append((Shown(x, y, extent, KINDS.index(kind), COLOURS.index(colour), 1.0), area))
    canvas[scene.front], seen[scene.front] = scene.picture[scene.front], 0
    shown = tuple(
        replace(thing, share=min(1.0, np.count_nonzero(seen == number + 1) / area))
        for number, (thing, area) in enumerate(drawn)
    )
    return Picture(_compressed(rng, canvas) if rng.random() < _CODED else canvas, shown)


def of_clip(clip: RenderedClip, frames: NDArray[np.uint8], which: Iterable[int]) -> Iterator[Picture]:
    """Some of a clip's frames - as rendered, or what a codec made of them - with their truth."""
    for at in which:
        yield Picture(
            frames[at],
            tuple(
                Shown(
                    float(track.x[at]),
                    float(track.y[at]),
                    float(track.extent[at]),
                    KINDS.index(track.kind),
                    COLOURS.index(track.colour or OWN),
                    float(min(track.seen[at], track.inside[at])),
                )
                for track in clip.truth.tracks
                if math.isfinite(track.x[at])
            ),
        )


def mirrored(one: Picture) -> Picture:
    """Left and right exchanged."""
    width = one.pixels.shape[1]
    shown = tuple(replace(thing, x=width - thing.x) for thing in one.shown)
    return Picture(one.pixels[:, ::-1], shown, tuple((width - x, y, extent) for x, y, extent in one.taken))


def _thing(rng: np.random.Generator, avoid: Sequence[str]) -> tuple[str, str]:
    """A kind and a colour that it is shown in."""
    while True:
        kind = KINDS[int(rng.integers(len(KINDS)))] if rng.random() > 0.05 else PERSON
        colour = OWN
        if kind != PERSON and BY_NAME[kind].dyeable and rng.random() > 0.25:
            colour = COLOURS[int(rng.integers(len(COLOURS) - 1))]
        own = None if kind == PERSON else natural(kind, None)
        if colour not in (*avoid, own) and (colour != OWN or own not in avoid):
            return kind, colour


def _extent(rng: np.random.Generator) -> float:
    low, high = list(EXTENTS.values())[int(rng.integers(len(EXTENTS)))]
    return float(rng.uniform((1 - _OVER) * low, (1 + _OVER) * high)) * SHORT


def _lay(
    rng: np.random.Generator,
    canvas: NDArray[np.uint8],
    seen: NDArray[np.int8],
    number: int,
    what: tuple[str, str, float, float, float],
) -> float:
    """Draw a thing in a random pose; the area of all of it in pixels."""
    kind, colour, extent, x, y = what
    drawings = _look(kind, colour, int(rng.integers(_PEOPLE)) if kind == PERSON else None)
    poses = (*drawings.poses, drawings.airborne)
    pose = poses[int(rng.integers(len(poses)))]
    picture = _scaled(pose, 2 * math.ceil(extent / 2))
    height, width = picture.shape[:2]
    upright = kind == PERSON or BY_NAME[kind].upright
    noses_up = kind != PERSON and BY_NAME[kind].noses_up
    angle = 0.0
    flies = kind != PERSON and BY_NAME[kind].manner == "fly"
    if rng.random() > (_STANDS if not upright else _LEVEL if flies else 1.0):
        angle = float(rng.uniform(-math.pi, math.pi))
    elif noses_up and rng.random() < 0.6:
        angle = float(rng.choice((-1, 1))) * math.pi / 2
    matrix = affine(extent / max(height, width), angle, (x, y), (width / 2, height / 2))
    if not noses_up and rng.random() < 0.3:
        matrix[:, 2] += matrix[:, 0] * width
        matrix[:, 0] *= -1
    put = stamp(canvas, picture, matrix)
    if put is not None:
        rows, columns, opaque = put
        seen[rows, columns][opaque] = number
    return pose.area * extent**2


@cache  # the world keeps fewer: its clips show few things, these pictures all of them
def _look(kind: str, colour: str, person: int | None) -> Look:
    return look(kind, None if colour == OWN else colour, None if person is None else _people()[person], None)


@cache
def _scaled(pose: Sprite, pixels: int) -> NDArray[np.uint8]:
    return scaled(pose, pixels)


@cache
def _people() -> list[int]:
    return [number for number in range(3 * _PEOPLE) if not identities.held_out(number)][:_PEOPLE]


def _compressed(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    quality = int(rng.integers(*_QUALITY))
    written = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(written, cv2.IMREAD_COLOR))
