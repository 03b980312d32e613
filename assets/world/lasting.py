"""The same scene with its action spread over another time."""

from dataclasses import replace

from assets.world.spec import ObjectSpec, WorldSpec
from assets.world.sprites import kind_of


def lasting(spec: WorldSpec, seconds: float) -> WorldSpec:
    """``spec`` as it would have been drawn with ``seconds``: what moves by itself crosses the same way in that time.

    What falls, jumps, bounces, slides or turns follows physics or its own rate, and goes on as it did.
    """
    ratio = seconds / spec.seconds
    return replace(spec, seconds=seconds, objects=tuple(_slowed(thing, ratio, spec.sprites) for thing in spec.objects))


def _slowed(thing: ObjectSpec, ratio: float, sprites: str | None) -> ObjectSpec:
    if thing.motion == "explode":
        return replace(thing, starts=round(thing.starts * ratio, 4))
    driven = thing.motion in {"left", "right"} and kind_of(thing, sprites).manner != "slide"
    return replace(thing, speed=round(thing.speed / ratio, 4)) if driven or thing.motion == "rise" else thing
