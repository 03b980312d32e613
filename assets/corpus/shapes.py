"""Signed distances of the six shapes and of the person, in units of the figure's radius; negative inside.

Near an outline each is a true distance, so one pixel of it anti-aliases the edge. Arrays broadcast: u to the right,
v down, both [..., S, S].
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from assets.corpus.palette import RGB
from assets.corpus.scene import Figure, Identity

Floats = NDArray[np.float32]
Layer = tuple[Floats, tuple[int, int, int]]

SKINS = ((250, 214, 185), (226, 172, 128), (172, 114, 74), (104, 66, 44))
_INK = (30, 26, 26)
_STAR_INNER = 0.45


def layers(figure: Figure, u: Floats, v: Floats) -> Iterator[Layer]:
    """Signed distance and colour of each layer of ``figure``, back to front."""
    if figure.identity is None:
        yield _DISTANCES[figure.shape](u, v), RGB[figure.colour]
    else:
        yield from _person(figure.identity, u, v)


def _circle(u: Floats, v: Floats, radius: float = 1.0) -> Floats:
    return np.sqrt(u * u + v * v) - np.float32(radius)


def _box(u: Floats, v: Floats, half_width: float, half_height: float) -> Floats:
    return np.maximum(np.abs(u) - np.float32(half_width), np.abs(v) - np.float32(half_height))


def _square(u: Floats, v: Floats) -> Floats:
    return _box(u, v, 0.86, 0.86)


def _triangle(u: Floats, v: Floats) -> Floats:
    low = v - np.float32(0.72)
    side = np.abs(u) * np.float32(math.cos(math.pi / 6)) - v * np.float32(0.5) - np.float32(0.5)
    return np.maximum(low, side)


def _star(u: Floats, v: Floats) -> Floats:
    sector = math.pi / 5
    folded = np.abs((np.arctan2(u, -v) + sector) % (2 * sector) - sector)
    rho = np.sqrt(u * u + v * v)
    dx, dy = _STAR_INNER * math.cos(sector) - 1, _STAR_INNER * math.sin(sector)
    length = math.hypot(dx, dy)
    distance = ((rho * np.cos(folded) - 1) * dy - rho * np.sin(folded) * dx) / length
    return distance.astype(np.float32)


def _cross(u: Floats, v: Floats) -> Floats:
    return np.minimum(_box(u, v, 0.95, 0.34), _box(u, v, 0.34, 0.95))


def _ring(u: Floats, v: Floats) -> Floats:
    return np.abs(_circle(u, v, 0.7)) - np.float32(0.3)


_DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "ring": _ring,
}


def _person(identity: Identity, u: Floats, v: Floats) -> Iterator[Layer]:
    skin = SKINS[identity.skin]
    hair, shirt, trim = RGB[identity.hair], RGB[identity.shirt], RGB[identity.trim]
    if identity.long_hair:
        yield _box(u, v + 0.12, 0.56, 0.42), hair
    torso = np.maximum(_circle(u / 0.85, (v - 1.0) / 0.75) * np.float32(0.75), v - np.float32(0.95))
    yield torso, shirt
    if identity.pattern == "stripes":
        yield np.maximum(torso, np.abs((u + 5.0) % 0.34 - 0.17) - np.float32(0.07)), trim
    elif identity.pattern == "dots":
        yield np.maximum(torso, _circle((u + 5.0) % 0.36 - 0.18, (v + 5.0) % 0.36 - 0.18, 0.1)), trim
    yield _circle(u, v + 0.42, 0.56), hair
    yield _circle(u, v + 0.24, 0.48), skin
    yield np.maximum(_circle(u, v + 0.3, 0.52), v + np.float32(0.5)), hair
    for side in (-0.19, 0.19):
        yield _circle(u - side, v + 0.24, 0.08), _INK
    yield _box(u, v - 0.03, 0.16, 0.04), _INK
