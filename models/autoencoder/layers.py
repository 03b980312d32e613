"""Layers of the 2.5D autoencoder, channels last.

Shapes: B clips, T frames, H x W positions, C channels. With channels last, the picture view ``[BT, C, H, W]`` and the
time view ``[B, C, T, HW]`` of one tensor are both free, so every convolution runs as a 2D one: on CPU that is 1.5 to 4
times as fast as ``conv3d`` with a (3, 1, 1) kernel, forward and backward.
"""

import torch
from torch import Tensor, nn


class SpatialConv(nn.Module):
    """3x3 convolution of every frame, zero padding: ``[B, T, H, W, C] -> [B, T, H/stride, W/stride, C']``."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, gain: float = 1.0) -> None:
        super().__init__()
        self.stride = stride
        weight = torch.randn(outputs, inputs, 3, 3) * gain / (9 * inputs) ** 0.5
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, T, H/stride, W/stride, C']``."""
        B, T = x_BTHWC.shape[:2]
        x = x_BTHWC.flatten(0, 1).permute(0, 3, 1, 2)
        y = nn.functional.conv2d(x, self.weight, self.bias, padding=1, stride=self.stride)
        return y.permute(0, 2, 3, 1).unflatten(0, (B, T))


class TemporalConv(nn.Module):
    """3-tap convolution in time after a 2D convolution; identity at the start (Movie Gen 3.1.1).

    Pads symmetrically by repeating the edge frame: no causality, and a clip that stands still stays so.
    ``stride`` 2 halves the frames, T -> ceil(T/2). ``phases`` 2 doubles them: nearest neighbour then convolution, with
    a kernel of its own for either new frame, equal at the start. (One shared kernel could tell the two apart only by
    the neighbouring latents: a lone latent could never decode to movement.)
    """

    def __init__(self, channels: int, *, stride: int = 1, phases: int = 1) -> None:
        super().__init__()
        self.stride, self.phases = stride, phases
        weight = torch.zeros(phases, channels, channels, 3, 1)
        weight[:, :, :, 1, 0] = torch.eye(channels)
        self.weight = nn.Parameter(weight.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter(torch.zeros(phases * channels))

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, phases * ceil(T/stride), H, W, C]``."""
        H, W, C = x_BTHWC.shape[2:]
        x = torch.cat([x_BTHWC[:, :1], x_BTHWC, x_BTHWC[:, -1:]], dim=1)
        x = nn.functional.conv2d(x.flatten(2, 3).permute(0, 3, 1, 2), self.weight, self.bias, stride=(self.stride, 1))
        x = x.permute(0, 2, 3, 1).unflatten(2, (H, W))
        if self.phases == 1:
            return x
        return x.unflatten(4, (self.phases, C)).permute(0, 1, 4, 2, 3, 5).flatten(1, 2)


class Convolution(nn.Module):
    """The 2.5D convolution: 2D in the picture, then 1D in time."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, gain: float = 1.0) -> None:
        super().__init__()
        self.space = SpatialConv(inputs, outputs, stride=stride, gain=gain)
        self.time = TemporalConv(outputs)

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, T, H/stride, W/stride, C']``."""
        return self.time(self.space(x_BTHWC))


class ResidualBlock(nn.Module):
    """Two 2.5D convolutions around a shortcut. Norms see one position: tiles decode as the whole does."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.first = Convolution(channels, channels)
        self.second = Convolution(channels, channels, gain=0.0)

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """Same shape."""
        return x_BTHWC + self.second(nn.functional.silu(self.first(nn.functional.silu(self.norm(x_BTHWC)))))


class Attention(nn.Module):
    """Single-head self-attention over the last axis but one, ``[B, N, L, C]``; adds nothing at the start."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x_BNLC: Tensor) -> Tensor:
        """Every token attends to every token of its row: same shape."""
        q, k, v = self.qkv(self.norm(x_BNLC)).chunk(3, dim=-1)
        return x_BNLC + self.out(nn.functional.scaled_dot_product_attention(q, k, v))


class AttentionBlock(nn.Module):
    """2D attention in every frame, then 1D attention in time at every position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.space = Attention(channels)
        self.time = Attention(channels)

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """Same shape."""
        H, W = x_BTHWC.shape[2:4]
        x = self.space(x_BTHWC.flatten(2, 3))
        return self.time(x.transpose(1, 2)).transpose(1, 2).unflatten(2, (H, W))


def blocks_to_channels(x_BTHWC: Tensor) -> Tensor:
    """2x2x2 blocks into channels: ``[B, T, H, W, C] -> [B, ceil(T/2), H/2, W/2, 8C]``; an odd last frame repeats."""
    x = torch.cat([x_BTHWC[:, ::2], torch.cat([x_BTHWC, x_BTHWC[:, -1:]], dim=1)[:, 1::2]], dim=-1)
    x = x.unflatten(2, (-1, 2)).unflatten(4, (-1, 2))
    return x.permute(0, 1, 2, 4, 3, 5, 6).flatten(4)


def channels_to_positions(x_BTHWC: Tensor) -> Tensor:
    """Channels into 2x2 positions: ``[B, T, H, W, 4C] -> [B, T, 2H, 2W, C]``."""
    x = x_BTHWC.unflatten(-1, (2, 2, -1))
    return x.permute(0, 1, 2, 4, 3, 5, 6).flatten(4, 5).flatten(2, 3)


def channels_to_blocks(x_BTHWC: Tensor) -> Tensor:
    """Channels into 2x2x2 blocks: ``[B, T, H, W, 8C] -> [B, 2T, 2H, 2W, C]``; undoes ``blocks_to_channels``."""
    x = x_BTHWC.unflatten(-1, (2, 2, 2, -1))  # B T H W (h w t) C
    return x.permute(0, 1, 6, 2, 4, 3, 5, 7).flatten(5, 6).flatten(3, 4).flatten(1, 2)


class Downsample(nn.Module):
    """Halves height and width, then frames (``T -> ceil(T/2)``): stride-2 convolutions beside a linear shortcut.

    The shortcut maps each 2x2x2 block of the input to one position (the residual autoencoding of DC-AE). All shortcuts
    of the encoder in a row are one linear map, which ``pca.fit`` sets to principal components; the convolutions add
    nothing at the start.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.shortcut = nn.Linear(8 * inputs, outputs)
        self.convolution = Convolution(inputs, outputs, stride=2, gain=0.0)
        self.shrink = TemporalConv(outputs, stride=2)
        with torch.no_grad():
            set_framewise(self.shortcut.weight, inputs)
            self.shortcut.bias.zero_()

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, ceil(T/2), H/2, W/2, C']``."""
        return self.shortcut(blocks_to_channels(x_BTHWC)) + self.shrink(self.convolution(x_BTHWC))


class Upsample(nn.Module):
    """Doubles frames, then height and width; mirrors ``Downsample``.

    Nearest neighbour then convolution, with a kernel for every new place: both run at the small size (the sub-pixel
    form of the same thing, a quarter of its memory traffic), beside a linear shortcut.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.shortcut = nn.Linear(inputs, 8 * outputs)
        self.grow = TemporalConv(inputs, phases=2)
        self.space = SpatialConv(inputs, 4 * outputs, gain=0.0)
        self.time = TemporalConv(outputs)
        with torch.no_grad():
            blocks = torch.empty(inputs, 8 * outputs)
            set_framewise(blocks, outputs)
            first, _ = blocks.unflatten(1, (4, 2, outputs)).unbind(2)
            self.shortcut.weight.copy_(torch.stack([first, first], 2).flatten(1).T)
            self.shortcut.bias.zero_()

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, 2T, 2H, 2W, C']``."""
        convolved = self.time(channels_to_positions(self.space(self.grow(x_BTHWC))))
        return channels_to_blocks(self.shortcut(x_BTHWC)) + convolved


def set_framewise(weight: Tensor, channels: int) -> None:
    """Fill ``weight [outputs, 8 * channels]`` with orthonormal rows that see the first frame of each block only."""
    spatial = torch.empty(weight.shape[0], 4 * channels)
    nn.init.orthogonal_(spatial)
    weight.copy_(
        torch.stack([spatial.unflatten(1, (4, channels)), torch.zeros(len(weight), 4, channels)], 2).flatten(1)
    )
