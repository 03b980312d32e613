"""Paths of a teacher: states on its guided way from noise to data, which a student learns to jump between.

Shapes: B batch, C channels, T latent frames, H W latent height and width, K kept states.
"""

from itertools import pairwise

import torch
from torch import Tensor

from models.backbone import Backbone, Text
from models.precision import autocast
from models.training.texts import Batch, text_of

PATH = "path"
"""Under this name shards keep all states of a path but the last, which is the ``latent``."""

KEPT = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Times of the states that are kept: a student of four steps stops at each of them."""

TIMES = (0.0, 0.03, 0.06, 0.1, 0.16, 0.25, 0.34, 0.42, 0.5, 0.62, 0.75, 0.87, 1.0)
"""Times of a teacher's steps, closest where its guided velocity changes fastest; the kept ones are among them."""


@torch.no_grad()
def guided_path(teacher: Backbone, noise_BCTHW: Tensor, text: Text, null: Text, guidance: float) -> Tensor:
    """States [B, K, C, T, H, W] at the kept times of Euler's method from ``noise_BCTHW`` on.

    Args:
        teacher: Its velocity is guided as u(null) + guidance (u(text) - u(null)).
        noise_BCTHW: Where the paths begin.
        text: Of each path.
        null: The empty text, for each path.
        guidance: What the student has in it afterwards, for one evaluation of itself in the place of two.
    """
    x, kept = noise_BCTHW, [noise_BCTHW]
    for start, end in pairwise(TIMES):
        times = x.new_full((len(x),), start)
        with autocast():
            asked, free = teacher(x, times, text).float(), teacher(x, times, null).float()
        x = x + (end - start) * (free + guidance * (asked - free))
        if end in KEPT:
            kept.append(x)
    return torch.stack(kept, dim=1)


def drawn_paths(
    teacher: Backbone, noise_NCTHW: Tensor, text: Batch, null: Batch, guidance: float, batch: int
) -> dict[str, Tensor]:
    """Paths from each noise on, as shards keep them: ``latent`` and ``path``, float16.

    Args:
        teacher: See :func:`guided_path`.
        noise_NCTHW: Where they begin.
        text: States and masks of each path's caption.
        null: Those of the empty caption, without a batch dimension.
        guidance: See :func:`guided_path`.
        batch: Paths at once.
    """
    found = []
    for start in range(0, len(noise_NCTHW), batch):
        noise = noise_NCTHW[start : start + batch]
        asked = text_of({name: value[start : start + batch] for name, value in text.items()})
        free = text_of({name: value.expand(len(noise), *value.shape) for name, value in null.items()})
        found.append(guided_path(teacher, noise, asked, free, guidance).half())
    states = torch.cat(found)
    return {"latent": states[:, -1], PATH: states[:, :-1]}


def states_of(batch: Batch) -> Tensor:
    """All states [B, K, C, T, H, W] of the paths of a batch of shards."""
    return torch.cat([batch[PATH], batch["latent"].unsqueeze(1)], dim=1)
