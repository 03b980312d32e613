"""Led: a velocity that carries some frames towards known ones for a part of the way; the rest of it is the model's."""

from collections.abc import Mapping

import numpy as np

from serving.sampling.solver import Velocity


class Led:
    """u(x, t) with the straight way to known data, ``(x_1 - x) / (1 - t)``, in some frames up to a time.

    Up to then these frames are on the path from their noise to what is known, as noisy as the others, which follow
    them; from then on the model draws what it has not been told, such as how a thing moves away from a still picture.

    Args:
        velocity: The model's, of a state [B, C, T, h, w].
        known: Data [C, h, w] by place among the T frames.
        until: The time, from 0 (noise) to 1 (data).
    """

    def __init__(self, velocity: Velocity, known: Mapping[int, np.ndarray], until: float) -> None:
        self._velocity = velocity
        self._known = known
        self._until = until

    def __call__(self, x: np.ndarray, t: float) -> np.ndarray:
        """The velocity, shaped like ``x``."""
        found = self._velocity(x, t)
        if t >= self._until:
            return found
        found = found.copy()
        for place, data in self._known.items():
            found[:, :, place] = (data - x[:, :, place]) / np.float32(1 - t)
        return found
