"""Windowed: one velocity of a long state, blended from those of windows over it (MultiDiffusion, Movie Gen 3.1.5)."""

from collections.abc import Sequence

import numpy as np

from serving.sampling.solver import Velocity
from serving.windows import Window, weights


class Windowed:
    """u(x, t)[f] = sum_k w_k[f] u_k(x[window k], t)[f], with weights that sum to one on every frame f.

    At each step of a solver this blends the steps of the windows. Windows are evaluated one after the other: memory
    does not grow with the state's length. One window over everything is its velocity unchanged.

    Args:
        windows: In order, together covering the axis.
        velocities: One for each window.
        length: Of the axis.
        axis: Of the state, from the batch's 0.
    """

    def __init__(self, windows: Sequence[Window], velocities: Sequence[Velocity], length: int, axis: int) -> None:
        self._parts = list(zip(windows, velocities, weights(windows, length), strict=True))
        self._axis = axis

    def __call__(self, x: np.ndarray, t: float) -> np.ndarray:
        """The blended velocity, shaped like ``x``."""
        total = np.zeros_like(x)
        for window, velocity, weight in self._parts:
            places = (slice(None),) * self._axis + (window.places,)
            shape = (-1,) + (1,) * (x.ndim - self._axis - 1)
            total[places] += weight.reshape(shape) * velocity(np.ascontiguousarray(x[places]), t)
        return total
