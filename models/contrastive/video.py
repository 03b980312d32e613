"""The video tower: a small network of convolutions over frames and time, then a transformer over what it found.

Shapes: B batch, F frames, C channels, H, W pixels, L tokens, D width, E joint space.
"""

import math

import torch
from torch import Tensor, nn

from models.contrastive.config import SIDE, ContrastiveConfig
from models.contrastive.layers import Layer, Pool

_GRID = SIDE // 16  # tokens a side
_WAVES = 4


class VideoTower(nn.Module):
    """Clips of any number of frames, an image being one, as unit vectors.

    A frame comes with its difference from the frame before, so that motion is seen at the finest stage already; each
    convolution stage then looks one frame back and one ahead, and the transformer from any place and time to any other.
    Frames are told apart by their share of the clip's time, so that a clip means the same at any frame rate.
    """

    def __init__(self, config: ContrastiveConfig) -> None:
        super().__init__()
        first, second = config.channels
        self.stem = nn.Conv2d(6, first, 8, stride=4, padding=2)
        self.fine = Mixing(first, first // 2)
        self.shrink = nn.Conv2d(first, second, 3, stride=2, padding=1)
        self.coarse = nn.ModuleList((Mixing(second, second // 2), Mixing(second, second // 2)))
        self.tokens = nn.Conv2d(second, config.width, 2, stride=2)
        self.places = nn.Parameter(torch.randn(_GRID**2, config.width) * 0.02)
        self.times = nn.Linear(2 * _WAVES, config.width)
        self.layers = nn.ModuleList(Layer(config.width, config.heads) for _ in range(config.video_layers))
        self.norm = nn.LayerNorm(config.width)
        self.pool = Pool(config.width, config.heads, config.dim)
        self._begin()

    def forward(self, frames_BFHWC: Tensor) -> Tensor:
        """[B, E] of uint8 RGB frames [B, F, 64, 64, 3], evenly over the clip's time."""
        batch, count = frames_BFHWC.shape[:2]
        maps = self.maps(frames_BFHWC.float() / 127.5 - 1)[-1]
        tokens = self.tokens(maps).flatten(2).transpose(1, 2)  # [B F, places, D]
        tokens = tokens.unflatten(0, (batch, count)) + self.places + self._times(count, tokens.device)[:, None]
        tokens = tokens.flatten(1, 2)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.pool(self.norm(tokens))

    def maps(self, clip_BFHWC: Tensor) -> tuple[Tensor, Tensor]:
        """What the convolutions see in clips of any size, pixels in [-1, 1].

        Returns:
            Maps [B F, C, H/4, W/4] and [B F, C', H/8, W/8].
        """
        count = clip_BFHWC.shape[1]
        x = clip_BFHWC.permute(0, 1, 4, 2, 3)
        before = torch.cat([x[:, :1], x[:, :-1]], dim=1)
        seen = torch.cat([x, x - before], dim=2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        fine = self.fine(torch.relu(self.stem(seen)), count)
        coarse = torch.relu(self.shrink(fine))
        for mixing in self.coarse:
            coarse = mixing(coarse, count)
        return fine, coarse

    def _begin(self) -> None:
        """Convolutions as He et al. (2015) start them, so that what is seen keeps its size without norms."""
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
                if part.bias is not None:
                    nn.init.zeros_(part.bias)
        for part in self.modules():
            if isinstance(part, Mixing):
                nn.init.zeros_(part.widen.weight)  # each step starts as the identity
        nn.init.normal_(self.times.weight, std=0.02)
        nn.init.zeros_(self.times.bias)

    def _times(self, count: int, device: torch.device) -> Tensor:
        """Waves of each frame's share of the time, [F, D]."""
        share = (torch.arange(count, device=device) + 0.5) / count
        angle = share[:, None] * math.pi * 2.0 ** torch.arange(_WAVES, device=device)
        return self.times(torch.cat([angle.sin(), angle.cos()], dim=-1))


class Mixing(nn.Module):
    """A residual step: what is near in the picture is mixed, then what is near in time.

    Without norms: the network is shallow enough, and they would take a third of the time.
    """

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, inner, 1) if inner != channels else nn.Identity()
        self.space = nn.Conv2d(inner, inner, 3, padding=1)
        self.before, self.here, self.after = (nn.Conv2d(inner, inner, 1, bias=False) for _ in range(3))
        self.widen = nn.Conv2d(inner, channels, 1)

    def forward(self, maps: Tensor, count: int) -> Tensor:
        """Maps [B F, C, H, W] of clips with ``count`` frames each, mixed."""
        near = torch.relu(self.space(self.narrow(maps)))
        mixed = self.here(near)
        if count > 1:
            clips = mixed.unflatten(0, (-1, count))
            clips[:, 1:] += self.before(near).unflatten(0, (-1, count))[:, :-1]
            clips[:, :-1] += self.after(near).unflatten(0, (-1, count))[:, 1:]
        return maps + self.widen(torch.relu(mixed))
