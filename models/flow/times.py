"""When a path is looked at: logit-normal times for training, their fixed quantiles for validation."""

import torch
from torch import Tensor


def logit_normal_times(count: int, generator: torch.Generator | None = None) -> Tensor:
    """Random times t = sigmoid(n), n ~ N(0, 1), float32 [count] (Movie Gen 3.1.2)."""
    return torch.sigmoid(torch.randn(count, generator=generator))


def validation_times(count: int) -> Tensor:
    """The mid-quantiles (i + 0.5) / count of the logit-normal law, float32 [count], rising.

    They stand for the training distribution without its noise, so validation losses of two models differ only
    because the models do.
    """
    quantiles = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return torch.sigmoid(torch.special.ndtri(quantiles)).float()
