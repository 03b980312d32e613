"""The cast: which things a clip has, what each does and where it stands, so that what is said of it comes true."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from assets.world import identities
from assets.world.colours import RGB
from assets.world.combinations import colour_held_out, motion_held_out
from assets.world.kinds import MOTIONS_OF, PERSON
from assets.world.physics import GRAVITY
from assets.world.spec import InvalidSpec, Motion, ObjectSpec, Size
from assets.world.sprites import kind_of, kinds, look

if TYPE_CHECKING:
    from assets.world.draw import WorldOptions

EXTENTS: dict[Size, tuple[float, float]] = {"small": (0.16, 0.19), "medium": (0.25, 0.3), "big": (0.38, 0.45)}
_SLIDING = 0.64 * GRAVITY  # slowing by friction, short sides / s2
_OUTSIDE = 1.35  # short sides from the middle: no camera of a frame up to 16:9 sees that far
_PLACES = (-0.38, -0.24, -0.1, 0.1, 0.24, 0.38)
_TRIES = 60
_UNFAMILIAR = ("train", "validation")  # splits that show no held-out combination

T = TypeVar("T")


@dataclass(frozen=True)
class Cast:
    """Draws the objects of one clip.

    Attributes:
        avoid: Colours that would be lost before the background.
    """

    rng: np.random.Generator
    options: "WorldOptions"
    seconds: float
    avoid: tuple[str, ...]

    def protagonist(self, *, tracked: bool) -> ObjectSpec | None:
        """The first object, or None where this try fits nothing."""
        motions = tuple(m for m in self.options.motions if m in {"left", "right"}) if tracked else self.options.motions
        if self.rng.random() < self.options.people:
            return self._placed(self._person(motions), lane=0)
        name = self._pick(self._names())
        thing = self._thing(name, motions, self._pick(self.options.sizes))
        return None if thing is None else self._placed(thing, lane=0)

    def partner(self, first: ObjectSpec) -> ObjectSpec | None:
        """A thing at rest that the first will meet: in its way, or where it falls; None where there is no such way."""
        kind = kind_of(first, self.options.sprites)
        dropped = first.motion in {"fall", "bounce"}
        rolls = first.motion in {"left", "right"} and kind.manner not in {"fly", "slide", "fixed"}
        if not (dropped or rolls) or "still" not in self.options.motions:
            return None
        fitting = [
            name
            for name in self._names()
            if (other := kinds(self.options.sprites)[name]).manner in {"slide", "roll"}
            and not (dropped and other.round)
        ]
        if kind.manner == "walk" and self.rng.random() < 0.5:
            fitting = [name for name in fitting if kinds(self.options.sprites)[name].collected] or fitting
        if not fitting:
            return None
        thing = self._thing(self._pick(fitting), ("still",), "medium" if dropped else "small")
        if thing is None:
            return None
        ahead = (-1 if first.motion == "left" else 1) * self._between(0.3, 0.45)
        return replace(thing, x=first.x if dropped else round(first.x + ahead, 4), lane=first.lane)

    def bystander(self, others: Sequence[ObjectSpec]) -> ObjectSpec:
        """One more object, in a lane of its own, at rest where none of the others begins."""
        for _ in range(_TRIES):
            thing = self._thing(self._pick(self._names()), self.options.motions, self._pick(self.options.sizes))
            if thing is None:
                continue
            placed = self._placed(thing, lane=len(others))
            free = [x for x in _PLACES if all(abs(x - other.x) > 0.2 for other in others)]
            if placed.motion not in {"left", "right", "throw left", "throw right"} and free:
                return replace(placed, x=self._pick(free))
            return placed
        raise InvalidSpec("no second object fits the options: allow more kinds, colours or motions")

    def colour(self, thing: ObjectSpec) -> str | None:
        """Another colour for a thing, None where it has none."""
        if thing.identity is not None or not kind_of(thing, self.options.sprites).dyeable:
            return None
        own = natural(thing.kind, self.options.sprites)
        free = [c for c in self._colours(thing.kind) if c not in (thing.colour, own)]
        return self._pick(free) if free else None

    def moved(self, thing: ObjectSpec, motions: Sequence[Motion]) -> ObjectSpec | None:
        """The same thing with another of ``motions``, None where it can do no other."""
        able = [m for m in kind_of(thing, self.options.sprites).motions if m in motions and m in self.options.motions]
        free = [m for m in able if m != thing.motion and self._allowed(motion_held_out(thing.kind, m))]
        return self._placed(replace(thing, motion=self._pick(free)), thing.lane) if free else None

    def replacement(self, thing: ObjectSpec) -> ObjectSpec | None:
        """Another kind in the same place, of the same size, doing the same; None where nothing else can."""
        for _ in range(_TRIES):
            name = self._pick(self._names())
            other = None if name == thing.kind else self._thing(name, (thing.motion,), thing.size)
            if other is not None:
                return replace(self._placed(other, thing.lane), x=thing.x, extent=thing.extent)
        return None

    def outsider(self, lane: int) -> ObjectSpec:
        """Something that is heard and not seen."""
        side = self._pick((-1, 1))
        explodes = "explode" in self.options.motions and self.rng.random() < 0.5
        name = "bomb" if explodes else self._pick(("box", "ball", "coin", "rock"))
        kind = kinds(None)[name]
        return ObjectSpec(
            kind=name,
            colour=None,
            size="small",
            extent=self._between(*EXTENTS["small"]),
            x=side * _OUTSIDE,
            y=-0.3,
            speed=0.0,
            motion="explode" if explodes else "bounce",
            material=kind.material,
            starts=self._between(0.2, 0.7 * self.seconds) if explodes else 0.0,
            lane=lane,
        )

    def _names(self) -> tuple[str, ...]:
        known = kinds(self.options.sprites)
        unknown = [name for name in self.options.kinds if name not in known]
        if unknown:
            raise InvalidSpec(f"no kind is called {unknown[0]!r}; there are: {', '.join(known)}")
        return self.options.kinds or tuple(known)

    def _thing(self, name: str, motions: Sequence[Motion], size: Size) -> ObjectSpec | None:
        """A thing with a colour and a motion that the split allows; None where there is none."""
        known = kinds(self.options.sprites)
        kind = known[name]
        possible = [m for m in kind.motions if m in motions and self._allowed(motion_held_out(name, m))]
        if not possible:
            return None
        own = natural(name, self.options.sprites)
        colours = [c for c in self._colours(name) if c != own] if kind.dyeable else []
        colour = None
        if colours and (own in self.avoid or self.rng.random() >= self.options.own_colours):
            colour = self._pick(colours)
        elif own in self.avoid:
            return None
        return ObjectSpec(
            name, colour, size, self._between(*EXTENTS[size]), 0.0, 0.0, 0.0, self._pick(possible), kind.material
        )

    def _colours(self, name: str) -> list[str]:
        """Colours that show before the background and that the split allows."""
        free = (c for c in self.options.colours if c not in self.avoid)
        return [c for c in free if self._allowed(colour_held_out(name, c))]

    def _person(self, motions: Sequence[Motion]) -> ObjectSpec:
        wanted = self.options.split != "train"
        number = int(self.rng.integers(identities.COUNT))
        while identities.held_out(number) != wanted:
            number = int(self.rng.integers(identities.COUNT))
        able = [m for m in MOTIONS_OF["walk"] if m in motions]
        possible = [m for m in able if self._allowed(motion_held_out(PERSON, m))]
        large = tuple(size for size in self.options.sizes if size != "small")
        size = self._pick(large or self.options.sizes)
        motion: Motion = self._pick(possible) if possible else "still"
        return ObjectSpec(
            PERSON, None, size, self._between(*EXTENTS[size]), 0.0, 0.0, 0.0, motion, "soft", identity=number
        )

    def _allowed(self, unfamiliar: bool) -> bool:
        return not (unfamiliar and self.options.split in _UNFAMILIAR)

    def _placed(self, thing: ObjectSpec, lane: int) -> ObjectSpec:
        """Where a thing begins and how fast it is, so that its motion fits the frame and the time."""
        kind, time = kind_of(thing, self.options.sprites), self.seconds
        side = -1 if "left" in thing.motion else 1
        x, y, speed, starts = self._about(0.0, 0.2), self._about(-0.06, 0.14), 0.0, 0.0
        match thing.motion:
            case "left" | "right":
                travel = self._between(0.5, 0.75)
                speed = math.sqrt(2 * _SLIDING * travel) if kind.manner == "slide" else travel / time
                x = -side * travel / 2 + self._about(0.0, 0.06)
            case "rise":
                travel = self._between(0.35, 0.5)
                y, speed = 0.22, travel / time
            case "fall" | "bounce":
                y = self._about(-0.33, 0.09)
            case "jump":
                speed, starts = self._between(0.8, 1.1), self._between(0.05, 0.5)
            case "spin":
                speed = self._between(0.35, 0.8)
            case "throw left" | "throw right":
                x, speed, starts = -side * self._between(0.25, 0.38), self._between(0.4, 0.65), self._between(0.0, 0.4)
            case "explode":
                starts = self._between(0.2 * time, 0.65 * time)
            case _:
                pass
        return replace(thing, x=round(x, 4), y=round(y, 4), speed=round(speed, 4), starts=round(starts, 4), lane=lane)

    def _about(self, usual: float, reach: float) -> float:
        return round(usual + self.options.wander * float(self.rng.uniform(-reach, reach)), 4)

    def _between(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 4)

    def _pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]


@cache
def natural(kind: str, folder: str | None) -> str:
    """The named colour nearest to what an undyed kind looks like on the whole."""
    sprite = look(kind, None, None, folder).poses[0].rgba
    rgb = np.median(sprite[sprite[..., 3] > 200][:, :3].astype(float), axis=0)
    return min(RGB, key=lambda name: float(np.linalg.norm(rgb - RGB[name])))
