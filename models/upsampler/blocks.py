"""Blocks of the upsampler's network: over each frame, and between neighbours in time.

Shapes: B clips of F frames, N = B F; C channels, H x W places.
"""

import torch
from torch import Tensor, nn

from models.upsampler.config import SCALE


def folded(video_BCFHW: Tensor) -> Tensor:
    """Blocks of 2 x 2 pixels as channels: [B, C, F, 2 H, 2 W] -> [B, 4 C, F, H, W]."""
    return nn.functional.pixel_unshuffle(video_BCFHW.transpose(1, 2), SCALE).transpose(1, 2)


def unfolded(blocks_BCFHW: Tensor) -> Tensor:
    """What :func:`folded` folded: [B, 4 C, F, H, W] -> [B, C, F, 2 H, 2 W]."""
    return nn.functional.pixel_shuffle(blocks_BCFHW.transpose(1, 2), SCALE).transpose(1, 2)


class Block(nn.Module):
    """Two convolutions of each frame beside the identity, which it starts as."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Shaped like its input."""
        return x_NCHW + self.second(nn.functional.relu(self.first(x_NCHW)))


class Neighbours(nn.Module):
    """What the frames before and after say at the same place, beside the identity, which it starts as.

    The first and the last frame of a clip are their own neighbours.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Conv2d(3 * channels, channels, 1)
        nn.init.zeros_(self.linear.weight)

    def forward(self, x_NCHW: Tensor, frames: int) -> Tensor:
        """Shaped like its input; each ``frames`` in a row are one clip."""
        x_BFCHW = x_NCHW.unflatten(0, (-1, frames))
        before = torch.cat([x_BFCHW[:, :1], x_BFCHW[:, :-1]], dim=1)
        after = torch.cat([x_BFCHW[:, 1:], x_BFCHW[:, -1:]], dim=1)
        return x_NCHW + self.linear(torch.cat([before, x_BFCHW, after], dim=2).flatten(0, 1))


class Shrink(nn.Conv2d):
    """Half the height and width."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, SCALE, stride=SCALE)


class Grow(nn.Module):
    """Twice the height and width."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Conv2d(channels, SCALE**2 * out, 1)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, out, 2 H, 2 W]."""
        return nn.functional.pixel_shuffle(self.linear(x_NCHW), SCALE)
