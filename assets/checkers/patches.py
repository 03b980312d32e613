"""Training patches of the detector: things laid on pieces of empty scenes, so that all kinds come equally often."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers.vocabulary import COLOURS, KINDS, OWN
from assets.world import identities
from assets.world.cast import EXTENTS
from assets.world.combinations import colour_held_out
from assets.world.compositing import affine, stamp
from assets.world.draw import WorldOptions, draw
from assets.world.kinds import BY_NAME, PERSON
from assets.world.render import render
from assets.world.spec import CAMERAS
from assets.world.sprites import look, scaled
from assets.world.truth import FRONT

SHORT = 128  # pixels of the short side at which things are looked for
SIDE = 64  # pixels of a patch
STRIDE = 8  # pixels of a cell
_CELLS = SIDE // STRIDE
_NEAR = 0.16  # of its extent: cells whose middle is so near to a thing's centre answer for it
_AROUND = 0.42  # cells nearer than this that do not answer are not asked whether something is there
_HIDDEN = 0.45  # share of a thing that is seen below which nobody is asked for it
_COUNTS = (0.1, 0.5, 0.3, 0.1)  # how often a patch holds 0, 1, 2, 3 things
_STANDS = 0.55  # how often a thing keeps its feet down
_CODED = 0.6  # how often a patch has been through a codec
_QUALITY = (18, 60)  # of JPEG, whose blocks look like those of H.264 at CRF 30
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
    """An empty scene: RGB uint8 [H, W, 3], and where it stands before all things, bool [H, W]."""

    picture: NDArray[np.uint8]
    front: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Targets:
    """What a batch of B patches shows, by cell [B, 8, 8].

    Attributes:
        there: 1 where a thing's centre is, 0 where none is, -1 where nobody asks.
        kind, colour: Indices, -1 where nobody asks.
        place: [B, 3, 8, 8]: right and down from the cell's middle to the centre in cells, log2 of the extent / 32.
    """

    there: NDArray[np.float32]
    kind: NDArray[np.int64]
    colour: NDArray[np.int64]
    place: NDArray[np.float32]


def scenes(count: int, first_seed: int) -> list[Scene]:
    """Two frames each of empty scenes, a fifth of a second and two seconds into their camera's way."""
    found = []
    for seed in range(first_seed, first_seed + count):
        clip = render(draw(seed, _EMPTY), SHORT, SHORT, 1.0, 2)
        found += [Scene(clip.frames[at], clip.truth.instances[at] == FRONT) for at in range(2)]
    return found


def batch(rng: np.random.Generator, backs: Sequence[Scene], size: int) -> tuple[NDArray[np.uint8], Targets]:
    """``size`` patches uint8 [B, 64, 64, 3] with their targets."""
    pictures = np.empty((size, SIDE, SIDE, 3), np.uint8)
    shape = (size, _CELLS, _CELLS)
    targets = Targets(
        np.zeros(shape, np.float32), np.full(shape, -1), np.full(shape, -1), np.zeros((size, 3, *shape[1:]), np.float32)
    )
    for index in range(size):
        pictures[index] = _patch(rng, backs, index, targets)
    return pictures, targets


def _patch(rng: np.random.Generator, backs: Sequence[Scene], index: int, targets: Targets) -> NDArray[np.uint8]:
    scene = backs[int(rng.integers(len(backs)))]
    top, left = rng.integers(0, SHORT - SIDE + 1, 2)
    cut = (slice(top, top + SIDE), slice(left, left + SIDE))
    empty, front = scene.picture[cut], scene.front[cut]
    canvas, seen = empty.copy(), np.zeros((SIDE, SIDE), np.int8)
    things = [_thing(rng) for _ in range(int(rng.choice(len(_COUNTS), p=_COUNTS)))]
    drawn: list[tuple[int, float, float, float, int, int]] = []
    for number, (kind, colour, extent) in enumerate(things):
        x, y = rng.uniform(-4, SIDE + 4, 2)
        area = _lay(rng, canvas, seen, number + 1, (kind, colour, extent, x, y))
        drawn.append((number + 1, x, y, extent, KINDS.index(kind), COLOURS.index(colour)))
        if area == 0:
            drawn.pop()
    canvas[front], seen[front] = empty[front], 0
    whole = {number: 0.30 * extent**2 for number, _, _, extent, _, _ in drawn}
    for number, x, y, extent, kind_at, colour_at in drawn:
        clear = bool(np.count_nonzero(seen == number) >= _HIDDEN * whole[number])
        _answer(targets, index, (x, y, extent), (kind_at, colour_at), clear=clear)
    return _coded(rng, canvas) if rng.random() < _CODED else canvas


def _thing(rng: np.random.Generator) -> tuple[str, str, float]:
    kind = KINDS[int(rng.integers(len(KINDS)))] if rng.random() > 0.05 else PERSON
    colour = OWN
    if kind != PERSON and BY_NAME[kind].dyeable and rng.random() < 0.75:
        colour = COLOURS[int(rng.integers(len(COLOURS) - 1))]
        if colour_held_out(kind, colour):
            colour = OWN
    low, high = list(EXTENTS.values())[int(rng.integers(len(EXTENTS)))]
    return kind, colour, float(rng.uniform(0.95 * low, 1.05 * high)) * SHORT


def _lay(
    rng: np.random.Generator,
    canvas: NDArray[np.uint8],
    seen: NDArray[np.int8],
    number: int,
    what: tuple[str, str, float, float, float],
) -> int:
    """Draw a thing in a random pose; how many of its pixels lie in the patch."""
    kind, colour, extent, x, y = what
    person = None
    if kind == PERSON:
        person = int(rng.integers(identities.COUNT))
        while identities.held_out(person):
            person = int(rng.integers(identities.COUNT))
    drawings = look(kind, None if colour == OWN else colour, person, None)
    poses = (*drawings.poses, drawings.airborne)
    picture = scaled(poses[int(rng.integers(len(poses)))], 2 * math.ceil(extent / 2))
    height, width = picture.shape[:2]
    upright = kind == PERSON or BY_NAME[kind].upright
    noses_up = kind != PERSON and BY_NAME[kind].noses_up
    angle = 0.0
    if noses_up and rng.random() < 0.6:
        angle = float(rng.choice((-1, 1))) * math.pi / 2
    elif not upright and rng.random() > _STANDS:
        angle = float(rng.uniform(-math.pi, math.pi))
    matrix = affine(extent / max(height, width), angle, (x, y), (width / 2, height / 2))
    if not noses_up and rng.random() < 0.3:
        matrix[:, 2] += matrix[:, 0] * width
        matrix[:, 0] *= -1
    put = stamp(canvas, picture, matrix)
    if put is None:
        return 0
    rows, columns, opaque = put
    seen[rows, columns][opaque] = number
    return int(np.count_nonzero(opaque))


def _answer(
    targets: Targets, index: int, where: tuple[float, float, float], what: tuple[int, int], *, clear: bool
) -> None:
    """Set the targets of the cells about one thing's centre."""
    x, y, extent = where
    middles = (np.arange(_CELLS) + 0.5) * STRIDE
    right, down = x - middles[None], y - middles[:, None]
    away = np.hypot(right, down)
    reach = max(_NEAR * extent, 0.5 * STRIDE)
    inside = 0 <= x < SIDE and 0 <= y < SIDE
    near = away <= reach
    if inside:
        near[int(y // STRIDE), int(x // STRIDE)] = True
    around = away <= max(_AROUND * extent, STRIDE)
    targets.there[index][around & (targets.there[index] != 1)] = -1
    if not clear:
        targets.there[index][near] = -1
        targets.kind[index][near] = targets.colour[index][near] = -1
        return
    targets.there[index][near] = 1
    targets.kind[index][near], targets.colour[index][near] = what
    place = np.stack(np.broadcast_arrays(right / STRIDE, down / STRIDE, math.log2(extent / 32)))
    targets.place[index][:, near] = place[:, near]


def _coded(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    quality = int(rng.integers(*_QUALITY))
    written = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(written, cv2.IMREAD_COLOR))
