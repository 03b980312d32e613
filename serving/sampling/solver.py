"""Solvers: explicit one-step methods for dx/dt = velocity(x, t) over a schedule of times."""

from collections.abc import Callable
from typing import Literal

import numpy as np

Velocity = Callable[[np.ndarray, float], np.ndarray]
Step = Callable[[Velocity, np.ndarray, float, float], np.ndarray]
Progress = Callable[[int, int], None]
Solver = Literal["euler", "midpoint", "heun"]


def euler(velocity: Velocity, x: np.ndarray, start: float, end: float) -> np.ndarray:
    """One step of order 1: x + h u(x, t)."""
    return x + (end - start) * velocity(x, start)


def midpoint(velocity: Velocity, x: np.ndarray, start: float, end: float) -> np.ndarray:
    """One step of order 2: x + h u(x + h/2 u(x, t), t + h/2)."""
    half = (end - start) / 2
    return x + (end - start) * velocity(x + half * velocity(x, start), start + half)


def heun(velocity: Velocity, x: np.ndarray, start: float, end: float) -> np.ndarray:
    """One step of order 2: the mean of the velocities at both ends of an Euler step."""
    first = velocity(x, start)
    return x + (end - start) / 2 * (first + velocity(x + (end - start) * first, end))


SOLVERS: dict[Solver, Step] = {"euler": euler, "midpoint": midpoint, "heun": heun}


def integrate(
    velocity: Velocity, x: np.ndarray, times: np.ndarray, step: Step = euler, progress: Progress | None = None
) -> np.ndarray:
    """The solution at ``times[-1]`` of dx/dt = velocity(x, t) that is ``x`` at ``times[0]``.

    Args:
        velocity: Called with an array like ``x`` and a time.
        x: The state at the first time, any shape; its dtype is kept.
        times: Increasing, [S + 1].
        step: One of ``SOLVERS``.
        progress: Called with (steps done, steps in all) after each step.
    """
    total = len(times) - 1
    for index in range(total):
        x = step(velocity, x, float(times[index]), float(times[index + 1])).astype(x.dtype, copy=False)
        if progress is not None:
            progress(index + 1, total)
    return x
