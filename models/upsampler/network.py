"""Upsampler: the velocity that carries an enlarged clip to the sharp one, given the small clip and the flow time."""

import torch
from torch import Tensor, nn

from models.backbone.time import TimeEmbedding
from models.upsampler.blocks import Block, Grow, Neighbours, Shrink
from models.upsampler.config import SCALE, STRIDE, UpsamplerConfig

_PICTURE = 3  # channels
_STATE = SCALE**2 * _PICTURE


class SizeDoesNotFit(ValueError):
    """Clips whose sizes the network does not take; the message says which it takes."""


class Upsampler(nn.Module):
    """A U-shaped network at the small picture's size, of which the paper's 7B transformer is the big brother.

    The flow starts at the clip enlarged by Lanczos instead of at noise (a coupling that depends on the data:
    Albergo et al. 2023, arXiv 2310.03725), so one step of Euler is the expected sharp clip. As in Movie Gen 3.1.5 the
    small clip is concatenated on channels with the state, and the input weights of its channels start at zero. The
    last layer starts at zero too: before any training the flow stands still.

    Shapes: B clips of F frames; H x W pixels of the small picture; the state is folded into blocks of 2 x 2 pixels.
    """

    def __init__(self, config: UpsamplerConfig | None = None) -> None:
        super().__init__()
        self.config = config or UpsamplerConfig()
        whole, half, quarter = self.config.widths
        self.time = TimeEmbedding(self.config.time_width)
        self.times = nn.ModuleList(nn.Linear(self.config.time_width, width) for width in self.config.widths)
        self.enter = nn.Conv2d(_STATE + _PICTURE, whole, 3, padding=1)
        self.down = nn.ModuleList([Block(whole), Block(half)])
        self.shrink = nn.ModuleList([Shrink(whole, half), Shrink(half, quarter)])
        self.middle = nn.ModuleList(Block(quarter) for _ in range(self.config.depth))
        self.between = nn.ModuleList(Neighbours(quarter) for _ in range(self.config.depth))
        self.around = nn.ModuleList([Neighbours(half), Neighbours(half)])
        self.grow = nn.ModuleList([Grow(quarter, half), Grow(half, whole)])
        self.up = nn.ModuleList([Block(half), Block(whole)])
        self.leave = nn.Conv2d(whole, _STATE, 3, padding=1)
        for layer in (*self.times, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.enter.weight[:, _STATE:] = 0

    def forward(self, state: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        """The velocity, shaped like the state.

        Args:
            state: X_t [B, 12, F, H, W]: pixels in [-1, 1] at twice the size, folded.
            time: t [B] in [0, 1]: 0 is the enlarged clip, 1 the sharp one.
            condition: The small clip [B, 3, F, H, W] in [-1, 1]; H and W are multiples of 4.

        Raises:
            SizeDoesNotFit: sides that are no multiples of 4, or a state of another size.
        """
        frames, height, width = condition.shape[2:]
        if height % STRIDE or width % STRIDE or state.shape[2:] != condition.shape[2:]:
            raise SizeDoesNotFit(
                f"a clip {list(condition.shape)} with a state {list(state.shape)}: give sides that are multiples of "
                f"{STRIDE}, and a state of the clip's size, folded into blocks of {SCALE} x {SCALE} pixels"
            )
        embedding_BD = nn.functional.silu(self.time(time))
        whole, half, quarter = (linear(embedding_BD) for linear in self.times)
        x = torch.cat([state, condition], dim=1).transpose(1, 2).flatten(0, 1)
        large = self.down[0](_with(self.enter(x), whole))
        small = self.around[0](self.down[1](_with(self.shrink[0](large), half)), frames)
        x = _with(self.shrink[1](small), quarter)
        for block, neighbours in zip(self.middle, self.between, strict=True):
            x = neighbours(block(x), frames)
        x = self.around[1](self.up[0](self.grow[0](x) + small), frames)
        x = self.leave(self.up[1](self.grow[1](x) + large))
        return x.unflatten(0, (-1, frames)).transpose(1, 2)


def _with(x_NCHW: Tensor, bias_BC: Tensor) -> Tensor:
    """A number for each channel of a clip added to all its frames."""
    x_BFCHW = x_NCHW.unflatten(0, (bias_BC.shape[0], -1))
    return (x_BFCHW + bias_BC[:, None, :, None, None]).flatten(0, 1)
