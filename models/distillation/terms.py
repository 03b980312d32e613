"""What a student is trained by, and how near it comes to its teacher: both on paths that shards hold."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.backbone import Backbone, Text
from models.distillation.jumps import drawn_jumps, jump_losses
from models.distillation.paths import KEPT, states_of
from models.precision import autocast
from models.recipes import DataMix
from models.training.batches import Batches
from models.training.shards import open_shards
from models.training.texts import Batch, text_of

if TYPE_CHECKING:
    from models.training.solo import Draw, Loss

STEPS = (1, 2, 4)


def jump_terms(student: Backbone, index: Path, group: str, batch: int, seed: int) -> "Loss":
    """The loss of a step: random jumps along the paths of a batch.

    Args:
        student: What learns.
        index: Of the shards of paths.
        group: Theirs.
        batch: Paths a step.
        seed: Of their order.
    """
    drawn = Batches((DataMix(str(index), group),), batch, seed)

    def loss(step: int, draw: "Draw") -> dict[str, Tensor]:
        rows = drawn.batch(step, 0, 1)
        path, text = states_of(rows), text_of(rows)
        first, last = drawn_jumps(len(path), draw.numpy)
        with autocast():
            errors = jump_losses(lambda x, t, span: student(x, t, text, span_B=span), path, first, last)
        return {"loss": errors.mean()}

    return loss


@torch.no_grad()
def nearness(student: Backbone, teacher: Backbone, index: Path, group: str, guidance: float) -> dict[str, float]:
    """How far results of 1, 2 and 4 steps are from the ends of held-out paths: ``error_4``, ``teacher_error_4``, ...

    Each is the norm of the difference over that of the end, the mean over the paths. The teacher's are those of as
    many guided Euler steps of its own, of two evaluations each: what a student is to be better than.

    Args:
        student: Takes a span.
        teacher: Whose paths they are.
        index: Of the shards of paths.
        group: Theirs, in the validation split.
        guidance: Of the paths.
    """
    shards = open_shards(index)
    found: dict[str, list[Tensor]] = {}
    for bucket in shards.group(group, "validation"):
        rows = bucket.gather(list(range(len(bucket))))
        text, null = text_of(rows), _repeated(shards.null, len(bucket))
        path = states_of(rows)
        for steps in STEPS:
            ends = {
                f"error_{steps}": jumped(student, path[:, 0], text, steps),
                f"teacher_error_{steps}": _stepped(teacher, path[:, 0], text, null, guidance, steps),
            }
            for name, end in ends.items():
                found.setdefault(name, []).append(_relative(end, path[:, -1]))
    return {name: float(torch.cat(errors).mean()) for name, errors in found.items()}


def jumped(student: Backbone, noise_BCTHW: Tensor, text: Text, steps: int) -> Tensor:
    """Where a student arrives in 1, 2 or 4 jumps from the noise."""
    x, times = noise_BCTHW, _stops(steps)
    for start, end in pairwise(times):
        at = x.new_full((len(x),), start)
        x = x + (end - start) * student(x, at, text, span_B=torch.full_like(at, end - start))
    return x


def _stepped(teacher: Backbone, noise: Tensor, text: Text, null: Text, guidance: float, steps: int) -> Tensor:
    x, times = noise, _stops(steps)
    for start, end in pairwise(times):
        at = x.new_full((len(x),), start)
        free = teacher(x, at, null)
        x = x + (end - start) * (free + guidance * (teacher(x, at, text) - free))
    return x


def _stops(steps: int) -> tuple[float, ...]:
    return KEPT[:: (len(KEPT) - 1) // steps]


def _relative(end: Tensor, wanted: Tensor) -> Tensor:
    return (end - wanted).flatten(1).norm(dim=1) / wanted.flatten(1).norm(dim=1)


def _repeated(null: Mapping[str, Tensor], count: int) -> Text:
    batch: Batch = {name: value.expand(count, *value.shape) for name, value in null.items()}
    return text_of(batch)
