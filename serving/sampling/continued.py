"""Continued: a velocity that carries the first frames to known ones; the others are drawn to go on from them."""

import numpy as np

from serving.sampling.solver import Velocity


class Continued:
    """u(x, t) with the known frames' own velocity ``x_1 - x_0`` in the place of what the model says of them.

    The straight path from noise to data has one velocity at all times, so that every solver leaves the known frames on
    it, as noisy as the others, and ends at them.

    Args:
        velocity: The model's, of a state [B, C, T, h, w].
        noise: The state that is begun with.
        known: Its first frames' data [B, C, K, h, w], K up to T.
    """

    def __init__(self, velocity: Velocity, noise: np.ndarray, known: np.ndarray) -> None:
        self._velocity = velocity
        self._length = known.shape[2]
        self._own = known - noise[:, :, : self._length]

    def __call__(self, x: np.ndarray, t: float) -> np.ndarray:
        """The velocity, shaped like ``x``."""
        found = self._velocity(x, t).copy()
        found[:, :, : self._length] = self._own
        return found
