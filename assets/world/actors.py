"""Actors: the objects of a clip on its frames - which pose, where, how large - and what is seen of each."""

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assets.world.camera import CameraPath
from assets.world.compositing import affine, stamp, warped
from assets.world.kinds import Kind
from assets.world.physics import FADE, KEPT, STEPS, Simulation
from assets.world.spec import ObjectSpec, WorldSpec
from assets.world.sprites import Look, Sprite, drawing, kind_of, look, scaled
from assets.world.truth import EFFECT, Track

Floats = NDArray[np.float64]

_GAIT = 12.0  # poses a second of a long gait
_FLICKER = 5.0  # of a short one: two poses
_MOVED = 0.06  # short sides from which a thing at rest counts as pushed
_BLAST = 2.4  # times the extent of what explodes
_BLAST_SHEET, _BLAST_SIDE, _BLAST_ROW, _BLAST_FRAMES = "spritesheets/explosion.png", 256, 16, 60


@dataclass(eq=False)
class Actor:
    """One object over F frames; arrays [F]. ``x``, ``y``, ``extent`` are in pixels, ``angle`` is seen on screen."""

    index: int
    thing: ObjectSpec
    kind: Kind
    drawn: Look
    x: Floats
    y: Floats
    extent: Floats
    angle: Floats
    times: Floats
    gone: float
    airborne: NDArray[np.bool_]
    mirrored: bool
    inside: Floats = field(init=False)
    seen: Floats = field(init=False)
    _touched: tuple[slice, slice] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.inside, self.seen = np.zeros(len(self.x)), np.zeros(len(self.x))
        self._pixels = max(2, 2 * math.ceil(float(self.extent.max()) / 2))  # even: fewer sizes to keep

    def here(self, frame: int) -> bool:
        """Whether it has not vanished."""
        return bool(self.times[frame] < self.gone)

    def pose(self, frame: int) -> Sprite:
        """The drawing that is shown."""
        if self.airborne[frame]:
            return self.drawn.airborne
        gait = self.drawn.poses[1:]
        if not gait or not (self.thing.motion in {"left", "right"} or self.kind.manner == "fixed"):
            return self.drawn.poses[0]
        if len(gait) == 1:
            return self.drawn.poses[int(self.times[frame] * _FLICKER) % 2]
        return gait[int(self.times[frame] * _GAIT) % len(gait)]

    def state(self, frame: int) -> tuple[float, ...]:
        """All that its look depends on: two frames with equal states show it alike."""
        if self.here(frame):
            place = (self.x[frame], self.y[frame], self.extent[frame], self.angle[frame])
            return id(self.pose(frame)), *map(float, place)
        past = float(self.times[frame] - self.gone)
        return (past,) if self.thing.motion == "explode" and past < FADE else ()

    def hold(self, frame: int) -> None:
        """Be seen as in the frame before."""
        self.inside[frame], self.seen[frame] = self.inside[frame - 1], self.seen[frame - 1]

    def paint(self, frame: int, canvas: NDArray[np.uint8], seen: NDArray[np.uint8]) -> None:
        """Draw it, or the blast that it leaves."""
        self._touched = None
        if not self.here(frame):
            if self.thing.motion == "explode":
                self._blast(frame, canvas, seen)
            return
        put = stamp(canvas, *self._drawing(frame))
        if put is not None:
            rows, columns, opaque = put
            seen[rows, columns][opaque] = self.index + 1
            self.inside[frame] = np.count_nonzero(opaque)
            self._touched = rows, columns

    def cover(self, frame: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Its alpha at every pixel [H, W], whatever stands before it."""
        if not self.here(frame):
            return np.zeros(size, np.uint8)
        picture, matrix = self._drawing(frame)
        return np.asarray(warped(picture, matrix, 0, 0, size[1], size[0])[..., 3])

    def _drawing(self, frame: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Its picture, and the map of that to the frame."""
        picture = scaled(self.pose(frame), self._pixels)
        height, width = picture.shape[:2]
        scale = float(self.extent[frame]) / max(height, width)
        matrix = affine(scale, float(self.angle[frame]), (self.x[frame], self.y[frame]), (width / 2, height / 2))
        if self.mirrored:
            matrix[:, 2] += matrix[:, 0] * width
            matrix[:, 0] *= -1
        return picture, matrix

    def count(self, frame: int, seen: NDArray[np.uint8]) -> None:
        """Turn pixel counts into shares, once everything before it is drawn."""
        if self._touched is None:
            return
        area = self.pose(frame).area * float(self.extent[frame]) ** 2
        visible = np.count_nonzero(seen[self._touched] == self.index + 1)
        self.seen[frame] = min(1.0, visible / area)
        self.inside[frame] = min(1.0, self.inside[frame] / area)

    def track(self, done: Simulation, spec: WorldSpec) -> Track:
        """Its truth."""
        absent = self.times >= self.gone
        blank = np.where(absent, np.nan, 0.0)
        return Track(
            kind=self.thing.kind,
            colour=self.thing.colour,
            size=self.thing.size,
            identity=self.thing.identity,
            material=self.thing.material,
            motion=happened(spec, done, self.index),
            x=self.x + blank,
            y=self.y + blank,
            extent=self.extent + blank,
            angle=self.angle + blank,
            box=self._boxes() + blank[:, None],
            inside=self.inside,
            seen=self.seen,
        )

    def _boxes(self) -> Floats:
        boxes = np.empty((len(self.x), 4))
        for frame in range(len(self.x)):
            hull = self.pose(frame).hull * (-1 if self.mirrored else 1, 1) * self.extent[frame]
            cos, sin = math.cos(self.angle[frame]), math.sin(self.angle[frame])
            x = hull @ (cos, -sin) + self.x[frame]
            y = hull @ (sin, cos) + self.y[frame]
            boxes[frame] = x.min(), y.min(), x.max(), y.max()
        return boxes

    def _blast(self, frame: int, canvas: NDArray[np.uint8], seen: NDArray[np.uint8]) -> None:
        past = self.times[frame] - self.gone
        if past >= FADE:
            return
        picture = _blast_picture(int(past / FADE * _BLAST_FRAMES))
        scale = _BLAST * float(self.extent[frame]) / _BLAST_SIDE
        half = _BLAST_SIDE / 2
        put = stamp(canvas, picture, affine(scale, 0.0, (self.x[frame], self.y[frame]), (half, half)))
        if put is not None:
            seen[put[0], put[1]][put[2]] = EFFECT


def actors(spec: WorldSpec, done: Simulation, path: CameraPath, times: Floats, size: tuple[int, int]) -> list[Actor]:
    """Every object of a clip, as the camera sees it at ``times``."""
    short = min(size)
    x, y, angle = done.at(times)
    scale, (shift_x, shift_y) = path.scale(1.0), path.shift(1.0)
    right, down = x * scale + shift_x, y * scale + shift_y
    cos, sin = np.cos(path.roll), np.sin(path.roll)
    screen_x = (cos * right - sin * down) * short + size[1] / 2
    screen_y = (sin * right + cos * down) * short + size[0] / 2
    steps = np.minimum(np.floor(times * STEPS / KEPT).astype(int), done.airborne.shape[1] - 1)
    found = []
    for index, thing in enumerate(spec.objects):
        kind = kind_of(thing, spec.sprites)
        side = {"left": -1, "throw left": -1, "right": 1, "throw right": 1}.get(thing.motion, 0)
        heading = side * math.pi / 2 if kind.noses_up else 0.0
        found.append(
            Actor(
                index=index,
                thing=thing,
                kind=kind,
                drawn=look(thing.kind, thing.colour, thing.identity, spec.sprites),
                x=screen_x[index],
                y=screen_y[index],
                extent=scale * short * thing.extent,
                angle=angle[index] + path.roll + heading,
                times=times,
                gone=math.inf if (gone := done.gone[index]) is None else gone / STEPS,
                airborne=done.airborne[index, steps],
                mirrored=side * kind.faces < 0,
            )
        )
    return found


def happened(spec: WorldSpec, done: Simulation, index: int) -> str:
    """What an object does in the end: a thing at rest may be pushed or picked up."""
    thing = spec.objects[index]
    if thing.motion != "explode" and done.gone[index] is not None:
        return "collected"
    stop = min(done.x.shape[1] - 1, round(spec.seconds * STEPS / KEPT))
    if thing.motion == "still" and abs(done.x[index, stop] - done.x[index, 0]) > _MOVED:
        return "pushed"
    return thing.motion


@lru_cache(maxsize=_BLAST_FRAMES)
def _blast_picture(number: int) -> NDArray[np.uint8]:
    row, column = divmod(number, _BLAST_ROW)
    side = _BLAST_SIDE
    cut = drawing(_BLAST_SHEET)[row * side : (row + 1) * side, column * side : (column + 1) * side].copy()
    cut[..., :3] = np.rint(cut[..., :3] * (cut[..., 3:] / 255))
    return cut
