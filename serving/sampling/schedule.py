"""Schedules: the times 0 = t_0 < ... < t_S = 1 at which a solver evaluates the flow, from noise to data."""

from typing import Literal

import numpy as np

Schedule = Literal["uniform", "linear_quadratic", "shifted"]


def uniform(steps: int) -> np.ndarray:
    """Equally spaced times, float64 [steps + 1]."""
    _require_steps(steps)
    return np.linspace(0.0, 1.0, steps + 1)


def linear_quadratic(steps: int, emulated_steps: int) -> np.ndarray:
    """The first half as the start of a uniform schedule of more steps, the rest quadratic (Movie Gen 3.4.2).

    With S steps, N emulated ones, L = floor(S / 2) and Q = S - L::

        t_i = i / N                                       0 <= i <= L
        t_i = L / N + j / N + (1 - S / N) / Q^2 * j^2     j = i - L, L <= i <= S

    Value and slope agree at the join, and t_S = 1. For even S these are the coefficients a, b, c of diffusers'
    ``linear_quadratic_schedule``; written about the join they also hold for odd S and for S = 1 (L = 0).

    Returns:
        float64 [steps + 1], strictly increasing.

    Raises:
        ValueError: ``steps`` is below 1, or ``emulated_steps`` below ``steps``.
    """
    _require_steps(steps)
    if emulated_steps < steps:
        raise ValueError(f"a linear-quadratic schedule of {steps} steps cannot emulate fewer ({emulated_steps})")
    linear = steps // 2
    beyond = np.maximum(np.arange(steps + 1) - linear, 0.0)
    curve = (1 - steps / emulated_steps) / (steps - linear) ** 2
    times = np.arange(steps + 1) / emulated_steps + curve * beyond**2
    times[-1] = 1.0  # exactly, whatever rounding did
    return times


def shifted(steps: int, shift: float) -> np.ndarray:
    """Uniform times moved towards the noise: t' = t / (s - (s - 1) t), float64 [steps + 1].

    In terms of noise level sigma = 1 - t this is sigma' = s sigma / (1 + (s - 1) sigma) (Stable Diffusion 3, 5.3.2).

    Raises:
        ValueError: ``steps`` is below 1, or ``shift`` is not positive.
    """
    if shift <= 0:
        raise ValueError(f"the shift of a schedule must be positive, not {shift}")
    times = uniform(steps)
    return times / (shift - (shift - 1) * times)


def _require_steps(steps: int) -> None:
    if steps < 1:
        raise ValueError(f"a schedule has at least one step, not {steps}")
