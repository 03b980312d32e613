"""Jumps: the objective of a student, whose one evaluation goes from one state of its teacher's path to a later one.

Shapes: B batch, K kept states of a path.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from models.distillation.paths import KEPT

JumpFn = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(X_t [B, ...], times [B], spans [B]) -> mean velocity over the span [B, ...]; conditions are closed over."""

JUMPS = ((0, 1), (1, 2), (2, 3), (3, 4), (0, 2), (2, 4), (0, 4))
"""Places among the kept states between which students of four, two and one step jump."""

_SHARES = np.array([1, 1, 1, 1, 1, 1, 2]) / 8  # the whole way is the hardest and has but one jump


def drawn_jumps(count: int, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random jumps: the places of their first and last states, int64 [count] each."""
    drawn = np.array(JUMPS)[generator.choice(len(JUMPS), size=count, p=_SHARES)]
    return torch.from_numpy(drawn[:, 0].copy()), torch.from_numpy(drawn[:, 1].copy())


def jump_losses(jump: JumpFn, path_BK: Tensor, first_B: Tensor, last_B: Tensor) -> Tensor:
    """Mean squared error of the mean velocity ``(x_last - x_first) / (t_last - t_first)`` of each jump, [B].

    Args:
        jump: The student.
        path_BK: States of each path [B, K, ...].
        first_B: Place of the state that a jump begins at.
        last_B: Place of the one that it ends at.
    """
    rows, times = torch.arange(len(path_BK)), torch.tensor(KEPT)
    start, spans_B = path_BK[rows, first_B], times[last_B] - times[first_B]
    target = (path_BK[rows, last_B] - start) / spans_B.reshape(-1, *[1] * (start.ndim - 1))
    error = jump(start, times[first_B], spans_B).float() - target
    return error.square().flatten(1).mean(1)
