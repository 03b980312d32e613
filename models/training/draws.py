"""Random draws of training: each sample's noise, time and dropout, from (seed, step, its place in the global batch).

Because nothing depends on the rank or on what was drawn before, there is no random state to checkpoint, and the loss
of a step is the same on any world size.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_MIX = 0x9E3779B97F4A7C15
_MASK = (1 << 63) - 1


@dataclass(frozen=True)
class Draws:
    """What chance decides for a batch of B samples.

    Attributes:
        noise: X_0 ~ N(0, I), shaped like the latents.
        times: Flow times, logit-normal, [B].
        dropped: Whether the caption is replaced by the empty one, bool [B].
        given: Two uniform numbers of each sample, which say what is given of it (``models.backbone.known``), [B, 2].
    """

    noise: Tensor
    times: Tensor
    dropped: Tensor
    given: Tensor


def sample_generator(*key: int) -> torch.Generator:
    """A generator seeded by a tuple of integers (a splitmix-style fold of them)."""
    state = 0
    for part in key:
        state = (state ^ (part + _MIX)) * 0xBF58476D1CE4E5B9 & ((1 << 64) - 1)
        state ^= state >> 29
    return torch.Generator().manual_seed(state & _MASK)


def draw(shape: torch.Size, *, seed: int, step: int, first: int, dropout: float) -> Draws:
    """The draws of the samples ``first``, ``first + 1``, ... of the global batch of ``step``; ``shape`` is [B, ...]."""
    noise, times, dropped, given = [], [], [], []
    for place in range(first, first + shape[0]):
        generator = sample_generator(seed, step, place)
        chance = torch.rand(1, generator=generator)
        times.append(torch.sigmoid(torch.randn(1, generator=generator)))
        dropped.append(chance < dropout)
        noise.append(torch.randn(shape[1:], generator=generator))
        given.append(torch.rand(2, generator=generator))
    return Draws(torch.stack(noise), torch.cat(times), torch.cat(dropped), torch.stack(given))
