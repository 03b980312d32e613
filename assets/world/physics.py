"""Physics: one pymunk simulation a clip gives every object's path and every event, whatever the size or frame rate.

Steps of 1/480 s (100 samples at 48 kHz), so that each event lies exactly on a sample. Lengths inside pymunk are
hundredths of a short side: its tolerances are meant for numbers of that size. Paths are kept at every fourth step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from assets.world.kinds import Kind
from assets.world.spec import FLOOR, ObjectSpec, WorldSpec
from assets.world.sprites import kind_of, look, outline

if TYPE_CHECKING:
    import pymunk

STEPS = 480  # a second
KEPT = 4  # of so many steps one is kept
GRAVITY = 3.0  # short sides / s2: a fall from the top to the floor takes 0.7 s
JUMP_EVERY = 1.1  # seconds
JUMP = 0.3  # height of a jump of speed 1, short sides
THROW = 1.6  # upward speed of a throw, short sides / s
FADE = 0.9  # seconds that an explosion is seen
_UNIT = 100.0
_HEARD = 0.22  # change of speed in short sides / s from which an impact is heard
_APART = round(0.07 * STEPS)  # steps between two impacts of the same pair
_BOUNCY = 0.86
_DULL = 0.12
_FLOOR_BIT = 1 << 20
_TUMBLES = 1  # collision type of what can come down on one corner after another without ever leaving the ground

EventKind = Literal["impact", "jump", "coin", "explosion", "engine", "ambience"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Happening:
    """Something that is heard.

    Attributes:
        step: When, in physics steps.
        kind: What.
        objects: Indices of those that take part; the floor is not counted.
        material: What was struck, for an impact.
        force: 0 to 1: how hard.
        until: Step at which a lasting sound ends; None for one that dies away by itself.
    """

    step: int
    kind: EventKind
    objects: tuple[int, ...]
    material: str | None = None
    force: float = 1.0
    until: int | None = None


@dataclass(frozen=True, eq=False)
class Simulation:
    """What happens in a clip.

    Attributes:
        x, y, angle: Of each object at every ``KEPT``-th step, [N, T]; short sides and radians clockwise.
        airborne: Whether it is in a jump, bool [N, T].
        gone: Step from which each object is no more; None for those that stay.
        happenings: In order of time.
    """

    x: Floats
    y: Floats
    angle: Floats
    airborne: NDArray[np.bool_]
    gone: tuple[int | None, ...]
    happenings: tuple[Happening, ...]

    def at(self, seconds: Floats) -> tuple[Floats, Floats, Floats]:
        """x, y and angle [N, F] at times within the simulation, by straight lines between steps."""
        place = np.clip(np.asarray(seconds) * (STEPS / KEPT), 0, self.x.shape[1] - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, self.x.shape[1] - 1)
        share = place - low
        x, y, angle = (part[:, low] * (1 - share) + part[:, high] * share for part in (self.x, self.y, self.angle))
        return x, y, angle


@lru_cache(maxsize=16)
def simulate(spec: WorldSpec, seconds: float) -> Simulation:
    """The action of ``spec`` from 0 to ``seconds``; a longer one begins with the shorter."""
    return _Run(spec, seconds).run()


def standing(thing: ObjectSpec, folder: str | None) -> float:
    """Height of the centre of an object that stands on the floor."""
    return FLOOR - 0.5 * look(thing.kind, thing.colour, thing.identity, folder).height * thing.extent


def hovers(thing: ObjectSpec, kind: Kind) -> bool:
    """Whether an object keeps its height by itself."""
    return thing.motion in {"spin", "rise"} or kind.manner == "fly"


@dataclass
class _Run:
    spec: WorldSpec
    seconds: float
    heard: list[Happening] = field(default_factory=list)
    last: dict[tuple[int, ...], int] = field(default_factory=dict)
    now: int = 0

    def run(self) -> Simulation:
        import pymunk

        self.steps = KEPT * math.ceil(self.seconds * STEPS / KEPT)
        self.space = pymunk.Space()
        self.space.gravity = (0, GRAVITY * _UNIT)
        self.space.iterations = 8
        self.space.collision_slop = 0.02
        self.kinds = [kind_of(thing, self.spec.sprites) for thing in self.spec.objects]
        self.gone: list[int | None] = [None] * len(self.kinds)
        floor = pymunk.Segment(self.space.static_body, (-4000, FLOOR * _UNIT + 50), (4000, FLOOR * _UNIT + 50), 50)
        floor.elasticity, floor.friction = 1.0, 0.8
        floor.filter = pymunk.ShapeFilter(categories=_FLOOR_BIT)
        self.space.add(floor)
        self.bodies = [self._body(index) for index in range(len(self.kinds))]
        self.index = {body: index for index, body in enumerate(self.bodies)}
        self.space.on_collision(begin=self._met)
        self.space.on_collision(_TUMBLES, None, post_solve=self._rocked)
        due = self._due()
        record = np.zeros((3, len(self.bodies), self.steps // KEPT + 1))
        for step in range(self.steps + 1):
            self.now = step
            for action, index in due.get(step, ()):
                action(index)
            if step % KEPT == 0:
                for index, body in enumerate(self.bodies):
                    record[0, index, step // KEPT], record[1, index, step // KEPT] = body.position
                    record[2, index, step // KEPT] = body.angle
            self.now = step + 1  # what the step brings about is seen and heard at its end
            self.space.step(1 / STEPS)
        self._lasting()
        heard = sorted((h for h in self.heard if h.step <= self.steps), key=lambda h: (h.step, h.kind, h.objects))
        x, y, angle = np.round(record[0] / _UNIT, 6), np.round(record[1] / _UNIT, 6), np.round(record[2], 6)
        return Simulation(x, y, angle, self._airborne(y), tuple(self.gone), tuple(heard))

    def _body(self, index: int) -> "pymunk.Body":
        import pymunk

        thing, kind = self.spec.objects[index], self.kinds[index]
        drawn = look(thing.kind, thing.colour, thing.identity, self.spec.sprites)
        size = thing.extent * _UNIT
        if kind.round:
            radius = 0.5 * min(drawn.height, drawn.width) * size
            moment = pymunk.moment_for_circle(1.0, 0, radius)
        else:
            corners = [(float(x) * size, float(y) * size) for x, y in outline(drawn.poses[0])]
            moment = (
                math.inf
                if kind.upright or thing.motion in {"bounce", "left", "right"}
                else pymunk.moment_for_poly(1.0, corners)
            )
        driven = hovers(thing, kind) or (thing.motion in {"left", "right"} and kind.manner != "slide")
        body = pymunk.Body(1.0, moment, pymunk.Body.KINEMATIC if driven else pymunk.Body.DYNAMIC)
        shape: pymunk.Shape = pymunk.Circle(body, radius) if kind.round else pymunk.Poly(body, corners)
        shape.elasticity = _BOUNCY if thing.motion == "bounce" else 0.45 if "throw" in thing.motion else _DULL
        shape.friction = 0.1 if thing.motion == "bounce" else 0.8
        if not driven and not kind.round and moment != math.inf:
            shape.collision_type = _TUMBLES
        lane = 1 << thing.lane % 16
        shape.filter = pymunk.ShapeFilter(categories=lane, mask=lane | _FLOOR_BIT)
        body.position = (thing.x * _UNIT, (thing.y if self._starts_aloft(index) else self._standing(index)) * _UNIT)
        self._set_off(body, index)
        self.space.add(body, shape)
        return body

    def _standing(self, index: int) -> float:
        thing, kind = self.spec.objects[index], self.kinds[index]
        if kind.round:
            drawn = look(thing.kind, thing.colour, thing.identity, self.spec.sprites)
            return FLOOR - 0.5 * min(drawn.height, drawn.width) * thing.extent
        return standing(thing, self.spec.sprites)

    def _starts_aloft(self, index: int) -> bool:
        thing = self.spec.objects[index]
        return hovers(thing, self.kinds[index]) or thing.motion in {"fall", "bounce"}

    def _set_off(self, body: "pymunk.Body", index: int) -> None:
        thing, kind = self.spec.objects[index], self.kinds[index]
        speed = thing.speed * _UNIT
        side = -1 if "left" in thing.motion else 1
        match thing.motion:
            case "left" | "right":
                body.velocity = (side * speed, 0)
                if kind.round:
                    body.angular_velocity = side * 2 * thing.speed / thing.extent
            case "rise":
                body.velocity = (0, -speed)
            case "spin":
                body.angular_velocity = 2 * math.pi * thing.speed
            case _:
                pass

    def _due(self) -> dict[int, list[tuple[Callable[[int], None], int]]]:
        """What begins by the clock: jumps, throws and explosions, by step."""
        due: dict[int, list[tuple[Callable[[int], None], int]]] = {}
        for index, thing in enumerate(self.spec.objects):
            begun = round(thing.starts * STEPS)
            match thing.motion:
                case "jump":
                    for step in range(begun, self.steps + 1, round(JUMP_EVERY * STEPS)):
                        due.setdefault(step, []).append((self._jump, index))
                case "throw left" | "throw right":
                    due.setdefault(begun, []).append((self._throw, index))
                case "explode":
                    due.setdefault(begun, []).append((self._explode, index))
                case _:
                    pass
        return due

    def _jump(self, index: int) -> None:
        speed = self.spec.objects[index].speed
        self.bodies[index].velocity = (0, -math.sqrt(2 * GRAVITY * JUMP) * speed * _UNIT)
        self._hear("jump", (index,))

    def _throw(self, index: int) -> None:
        thing = self.spec.objects[index]
        side = -1 if thing.motion == "throw left" else 1
        self.bodies[index].velocity = (side * thing.speed * _UNIT, -THROW * _UNIT)

    def _explode(self, index: int) -> None:
        import pymunk

        self._hear("explosion", (index,))
        self._vanish(index)
        body = self.bodies[index]
        body.body_type, body.velocity = pymunk.Body.KINEMATIC, (0, 0)  # the blast stays: it has nothing to stand on

    def _airborne(self, y: Floats) -> NDArray[np.bool_]:
        jumps = np.array([thing.motion == "jump" for thing in self.spec.objects], bool)
        rest = np.array([self._standing(index) for index in range(len(self.kinds))], float)
        return np.asarray(jumps[:, None] & (y < rest[:, None] - 0.01))

    def _met(self, arbiter: "pymunk.Arbiter", _space: "pymunk.Space", _data: object) -> None:
        """Two things, or a thing and the floor, begin to touch."""
        pair = self._pair(arbiter)
        for walker, item in (pair, pair[::-1]) if len(pair) == 2 else ():
            if self.kinds[walker].manner == "walk" and self.kinds[item].collected:
                arbiter.process_collision = False
                if self.gone[item] is None:
                    self._hear("coin", (walker, item))
                    self._vanish(item)
                return
        contact = arbiter.contact_point_set
        first, second = (self._velocity(shape) for shape in arbiter.shapes)
        self._strike(pair, abs((second - first).dot(contact.normal)) / _UNIT)

    def _rocked(self, arbiter: "pymunk.Arbiter", _space: "pymunk.Space", _data: object) -> None:
        """A thing with corners is pressed by what it touches: hard, where it comes down on one, or on the next one.

        When it begins to touch, its middle may be slow and its corner fast; and when it rocks it touches all along.
        """
        speed = arbiter.total_impulse.length / _UNIT  # every mass is 1
        if speed >= _HEARD:
            self._strike(self._pair(arbiter), speed)

    def _strike(self, pair: tuple[int, ...], speed: float) -> None:
        """Sound a blow, if it is hard enough and not part of the one before: what grinds sounds once."""
        if speed < _HEARD:
            return
        before, self.last[pair] = self.last.get(pair, -STEPS), self.now
        if self.now - before < _APART:
            return
        material, force = self.spec.objects[pair[0]].material, round(min(1.0, 0.25 + speed / 3), 4)
        self.heard.append(Happening(self.now, "impact", pair, material, force))

    def _pair(self, arbiter: "pymunk.Arbiter") -> tuple[int, ...]:
        found = (self.index.get(shape.body) for shape in arbiter.shapes if shape.body is not None)
        return tuple(sorted(index for index in found if index is not None))

    @staticmethod
    def _velocity(shape: "pymunk.Shape") -> "pymunk.Vec2d":
        assert shape.body is not None, "every shape of the space was made with its body"
        return shape.body.velocity

    def _hear(self, kind: EventKind, objects: tuple[int, ...]) -> None:
        self.heard.append(Happening(self.now, kind, objects))

    def _vanish(self, index: int) -> None:
        import pymunk

        self.gone[index] = self.now
        for shape in self.bodies[index].shapes:
            shape.filter = pymunk.ShapeFilter(mask=_FLOOR_BIT, categories=0)

    def _lasting(self) -> None:
        for index, (thing, kind) in enumerate(zip(self.spec.objects, self.kinds, strict=True)):
            engine = kind.manner == "drive" or (kind.manner == "fly" and kind.material == "metal")
            if engine and thing.motion in {"left", "right", "rise"}:
                self.heard.append(Happening(0, "engine", (index,), until=self.steps))
