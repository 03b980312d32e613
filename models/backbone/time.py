"""How a network knows the flow time: sinusoids, an MLP, and one modulation shared by all layers."""

import math

import torch
from torch import Tensor, nn

from models.backbone.norms import Norm

_FREQUENCIES = 128
_LONGEST_PERIOD = 10_000.0
_SCALE = 1000.0  # t in [0, 1] spread over the range that sinusoidal embeddings are made for


def sinusoids(times_B: Tensor) -> Tensor:
    """Cosines and sines of 1000 t at 128 geometric frequencies, float32 [B, 256]."""
    exponents = torch.arange(_FREQUENCIES, dtype=torch.float32, device=times_B.device) / _FREQUENCIES
    angles = _SCALE * times_B.float()[:, None] * torch.exp(-math.log(_LONGEST_PERIOD) * exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class TimeEmbedding(nn.Module):
    """Embedding of the flow time, [B] -> [B, D]: sinusoids, then a two-layer MLP."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(2 * _FREQUENCIES, width)
        self.second = nn.Linear(width, width)

    def forward(self, times_B: Tensor) -> Tensor:
        """Embeddings [B, D] of times in [0, 1]."""
        waves = sinusoids(times_B).to(self.first.weight.dtype)
        return self.second(nn.functional.silu(self.first(waves)))


class Modulation(nn.Module):
    """``parts`` vectors of shift, scale or gate from the time embedding, [B, D] -> [B, parts, D]; starts at zero."""

    def __init__(self, width: int, parts: int) -> None:
        super().__init__()
        self.parts = parts
        self.linear = nn.Linear(width, parts * width)

    def forward(self, embedding_BD: Tensor) -> Tensor:
        """Modulation vectors [B, parts, D]."""
        return self.linear(nn.functional.silu(embedding_BD)).unflatten(-1, (self.parts, -1))


class Head(nn.Module):
    """The last layer: adaptive norm and a linear map to the output channels; starts at zero."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.norm = Norm(width)
        self.modulation = Modulation(width, 2)
        self.linear = nn.Linear(width, channels)

    def forward(self, x_BND: Tensor, embedding_BD: Tensor) -> Tensor:
        """Output channels of each token [B, N, channels]."""
        shift_B1D, scale_B1D = self.modulation(embedding_BD).unsqueeze(2).unbind(1)
        return self.linear(self.norm(x_BND, scale_B1D, shift_B1D))
