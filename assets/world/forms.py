"""Simple shapes that scenery is made of. They are none of the object kinds, so nothing there can be taken for one."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Form = Literal["mound", "post", "fir", "crown", "spire", "blades", "globe", "arch", "lamp"]
Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]


def _mound(u: Floats, v: Floats) -> Floats:
    return 1 - np.hypot(u, (1 - v) / 0.8)


def _post(u: Floats, v: Floats) -> Floats:
    return np.maximum(0.14 - np.abs(u), np.minimum(0.26 - np.abs(u), 0.2 - v))


def _fir(u: Floats, v: Floats) -> Floats:
    tier = (v * 3) % 1
    reach = 0.12 + 0.22 * np.floor(np.clip(v * 3, 0, 2.999)) + 0.3 * tier
    return np.where(v > 0.9, 0.09, reach * 0.72) - np.abs(u)


def _crown(u: Floats, v: Floats) -> Floats:
    return np.maximum(0.62 - np.hypot(u, (v - 0.34) * 1.9), np.minimum(0.1 - np.abs(u), v - 0.5))


def _spire(u: Floats, v: Floats) -> Floats:
    return 0.42 * v - np.abs(u)


def _blades(u: Floats, v: Floats) -> Floats:
    lean = np.array([-0.5, -0.2, 0.05, 0.3, 0.55])
    each = [
        0.09 * (v - low) - np.abs(u - tip * (1.15 - v)) * 0.5
        for tip, low in zip(lean, (0.4, 0.1, 0.3, 0.0, 0.5), strict=True)
    ]
    return np.max(each, axis=0) * 2


def _globe(u: Floats, v: Floats) -> Floats:
    return 0.98 - np.hypot(u, 2 * v - 1)


def _arch(u: Floats, v: Floats) -> Floats:
    return np.where(v < 0.4, 0.4 - np.hypot(u, v - 0.4), 0.4 - np.abs(u))


def _lamp(u: Floats, v: Floats) -> Floats:
    return np.maximum(0.3 - np.hypot(u, 2 * (v - 0.22)), np.minimum(0.07 - np.abs(u), v - 0.3))


_INSIDE: dict[Form, Callable[[Floats, Floats], Floats]] = {
    "mound": _mound,
    "post": _post,
    "fir": _fir,
    "crown": _crown,
    "spire": _spire,
    "blades": _blades,
    "globe": _globe,
    "arch": _arch,
    "lamp": _lamp,
}


def _painter(inside: Callable[[Floats, Floats], Floats]) -> Callable[[int, Floats], Picture]:
    def paint(side: int, rgb: Floats) -> Picture:
        steps = (np.arange(side) + 0.5) / side
        u, v = (2 * steps - 1)[None], steps[:, None]
        cover = np.clip(np.broadcast_to(inside(u, v), (side, side)) * side / 2 + 0.5, 0, 1)
        light = 1.12 - 0.14 * (u + 1) / 2 - 0.16 * v  # from the upper left
        return premultiplied(np.clip(rgb * light[..., None], 0, 255), cover)

    return paint


FORMS = {name: _painter(inside) for name, inside in _INSIDE.items()}


def premultiplied(rgb: NDArray[np.floating], cover: NDArray[np.floating]) -> Picture:
    """RGBA of colours [H, W, 3] or [3] in 0 to 255 and of cover [H, W] in 0 to 1."""
    out = np.empty((*cover.shape, 4), np.uint8)
    out[..., :3] = np.rint(np.clip(rgb, 0, 255) * cover[..., None])
    out[..., 3] = np.rint(cover * 255)
    return out
