"""The named colours of the corpus, and the Lab space in which they are told apart."""

import numpy as np
from numpy.typing import NDArray

RGB: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "yellow": (242, 212, 50),
    "green": (40, 160, 70),
    "cyan": (60, 200, 214),
    "blue": (42, 76, 214),
    "pink": (242, 132, 188),
    "white": (238, 238, 238),
    "black": (24, 24, 24),
}
COLOURS = tuple(RGB)

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)  # D65


def lab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """CIE 1976 L*a*b* (D65) of sRGB values in 0 to 255, any leading shape, channels last."""
    value = np.asarray(rgb, np.float64) / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    ratio = linear @ _TO_XYZ.T / _WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def nearest(rgb: NDArray[np.generic], *, among: tuple[str, ...] = COLOURS) -> str:
    """The named colour at the smallest Lab distance from one sRGB value."""
    table = lab(np.array([RGB[name] for name in among]))
    return among[int(np.argmin(np.linalg.norm(table - lab(rgb), axis=-1)))]
