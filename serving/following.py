"""Following: windows of a long video that are drawn one after the other, each going on from those before it."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import numpy as np

from serving.drawing import StageProgress, part_seed
from serving.shots import Plan, Shot

Shape = tuple[int, int, int, int]


class Next(Protocol):
    """Draws a latent of ``shape`` [C, T, h, w] that begins with the frames ``before`` [C, K, h, w]."""

    def __call__(
        self, prompt: str, before: np.ndarray | None, shape: Shape, *, seed: int, progress: StageProgress | None
    ) -> np.ndarray:
        """The latent, those frames included."""
        ...


def one_after_the_other(
    draw: Next, shots: Sequence[Shot], plan: Plan, shape: Shape, seed: int, progress: StageProgress | None = None
) -> np.ndarray:
    """The latent of ``shape`` of a whole plan; no window goes on from what is before a cut.

    Args:
        draw: Draws one window.
        shots: What to show.
        plan: Of these shots.
        shape: Of the whole latent, [C, T, h, w].
        seed: Non-negative: the first window's; each other one has its own.
        progress: Called with (stage, steps done, steps in all), of all windows together.
    """
    latent, drawn_to = np.empty(shape, np.float32), 0
    for number, (window, shot) in enumerate(plan.windows):
        latent[:, window.places] = draw(
            shots[shot].prompt,
            latent[:, window.start : drawn_to] if window.start < drawn_to else None,
            (shape[0], window.length, *shape[2:]),
            seed=part_seed(seed, number) if number else seed,
            progress=None if progress is None else partial(_of_all, progress, number, len(plan.windows)),
        )
        drawn_to = window.stop
    return latent


def _of_all(progress: StageProgress, number: int, parts: int, stage: str, done: int, steps: int) -> None:
    progress(stage, number * steps + done, parts * steps)
