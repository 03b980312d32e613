"""The contrastive model: both towers, and how their agreement becomes a loss or a probability."""

import math

import torch
from torch import Tensor, nn

from models.contrastive.config import ContrastiveConfig
from models.contrastive.text import TextTower
from models.contrastive.video import VideoTower

_SHARPEST = 100.0  # the logit scale's upper bound (Radford et al. 2021)


class ContrastiveModel(nn.Module):
    """A video tower and a text tower that meet in one space.

    Attributes:
        scale: Logarithm of what cosines of captions are multiplied with: the inverse temperature.
        odds: Logarithm of the slope, and the offset, of the log odds that a statement is true, by its cosine.
    """

    def __init__(self, config: ContrastiveConfig) -> None:
        super().__init__()
        self.config = config
        self.video, self.text = VideoTower(config), TextTower(config)
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.odds = nn.Parameter(torch.tensor([math.log(10.0), -5.0]))

    @property
    def inverse_temperature(self) -> Tensor:
        """What cosines of captions are multiplied with."""
        return self.scale.exp().clamp(max=_SHARPEST)

    def log_odds(self, cosine: Tensor) -> Tensor:
        """Log odds that a text is true of a clip."""
        return self.odds[0].exp() * cosine + self.odds[1]
