"""Principal components: where a short training of an autoencoder starts."""

import torch
from torch import Tensor


@torch.no_grad()
def components(x_NC: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean ``[C]``, the ``count`` strongest principal directions ``[count, C]`` and their deviations ``[count]``.

    Directions beyond C are zero.
    """
    mean = x_NC.mean(0)
    centred = (x_NC - mean).double()
    variance, directions = torch.linalg.eigh(centred.T @ centred / len(centred))
    variance, directions = variance.flip(0)[:count].clamp_min(0), directions.flip(1).T[:count]
    rows = torch.zeros(count, x_NC.shape[1])
    rows[: len(directions)] = directions.float()
    deviations = torch.zeros(count)
    deviations[: len(variance)] = variance.sqrt().float()
    return mean, rows, deviations
