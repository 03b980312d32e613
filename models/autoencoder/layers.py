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

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, gain: float = 1.0, temporal: bool = True) -> None:
        super().__init__()
        self.space = SpatialConv(inputs, outputs, stride=stride, gain=gain)
        self.time = TemporalConv(outputs) if temporal else nn.Identity()

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, T, H/stride, W/stride, C']``."""
        y: Tensor = self.time(self.space(x_BTHWC))
        return y


class ResidualBlock(nn.Module):
    """Two 2.5D convolutions around a shortcut. Norms see one position: tiles decode as the whole does."""

    def __init__(self, channels: int, *, temporal: bool = True) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.first = Convolution(channels, channels, temporal=temporal)
        self.second = Convolution(channels, channels, gain=0.0, temporal=temporal)

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

    def __init__(self, channels: int, *, temporal: bool = True) -> None:
        super().__init__()
        self.space = Attention(channels)
        self.time = Attention(channels) if temporal else None

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """Same shape."""
        H, W = x_BTHWC.shape[2:4]
        x = self.space(x_BTHWC.flatten(2, 3))
        if self.time is not None:
            x = self.time(x.transpose(1, 2)).transpose(1, 2)
        return x.unflatten(2, (H, W))


def blocks_to_channels(x_BTHWC: Tensor, frames: int = 2) -> Tensor:
    """Blocks of ``frames`` (1 or 2) x 2 x 2 into channels: ``[B, T, H, W, C] -> [B, ceil(T/frames), H/2, W/2, ...]``.

    An odd last frame repeats. Channels are ordered by row, column and frame in the block, then as they were.
    """
    x = x_BTHWC
    if frames == 2:
        x = torch.cat([x[:, ::2], torch.cat([x, x[:, -1:]], dim=1)[:, 1::2]], dim=-1)
    x = x.unflatten(2, (-1, 2)).unflatten(4, (-1, 2))
    return x.permute(0, 1, 2, 4, 3, 5, 6).flatten(4)


def channels_to_positions(x_BTHWC: Tensor) -> Tensor:
    """Channels into 2x2 positions: ``[B, T, H, W, 4C] -> [B, T, 2H, 2W, C]``."""
    x = x_BTHWC.unflatten(-1, (2, 2, -1))
    return x.permute(0, 1, 2, 4, 3, 5, 6).flatten(4, 5).flatten(2, 3)


def channels_to_blocks(x_BTHWC: Tensor, frames: int = 2) -> Tensor:
    """Channels into ``frames`` x 2 x 2 blocks: ``[B, T, H, W, 4 frames C] -> [B, frames T, 2H, 2W, C]``.

    It undoes ``blocks_to_channels``.
    """
    x = x_BTHWC.unflatten(-1, (2, 2, frames, -1))  # B T H W (h w t) C
    return x.permute(0, 1, 6, 2, 4, 3, 5, 7).flatten(5, 6).flatten(3, 4).flatten(1, 2)


class Downsample(nn.Module):
    """Halves height and width, then frames (``T -> ceil(T/2)``): stride-2 convolutions beside a linear shortcut.

    The shortcut maps each 2x2x2 block of the input to one position (the residual autoencoding of DC-AE). All shortcuts
    of the encoder in a row are one linear map, which ``pca.fit`` sets to principal components; the convolutions add
    nothing at the start. Where it is not ``temporal`` frames stay as many, and blocks are of one frame.
    """

    def __init__(self, inputs: int, outputs: int, *, temporal: bool = True) -> None:
        super().__init__()
        self.frames = 2 if temporal else 1
        self.shortcut = framewise(inputs, outputs, self.frames)
        self.convolution = Convolution(inputs, outputs, stride=2, gain=0.0, temporal=temporal)
        self.shrink = TemporalConv(outputs, stride=2) if temporal else nn.Identity()

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, ceil(T/2), H/2, W/2, C']``."""
        convolved: Tensor = self.shrink(self.convolution(x_BTHWC))
        return self.shortcut(blocks_to_channels(x_BTHWC, self.frames)) + convolved


class Upsample(nn.Module):
    """Doubles frames, then height and width; mirrors ``Downsample``.

    Nearest neighbour then convolution, with a kernel for every new place: both run at the small size (the sub-pixel
    form of the same thing, a quarter of its memory traffic), beside a linear shortcut.
    """

    def __init__(self, inputs: int, outputs: int, *, temporal: bool = True) -> None:
        super().__init__()
        self.frames = 2 if temporal else 1
        self.shortcut = repeated(inputs, outputs, self.frames)
        self.grow = TemporalConv(inputs, phases=2) if temporal else nn.Identity()
        self.space = SpatialConv(inputs, 4 * outputs, gain=0.0)
        self.time = TemporalConv(outputs) if temporal else nn.Identity()

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, 2T, 2H, 2W, C']``."""
        convolved: Tensor = self.time(channels_to_positions(self.space(self.grow(x_BTHWC))))
        return channels_to_blocks(self.shortcut(x_BTHWC), self.frames) + convolved


class PixelDownsample(nn.Module):
    """The first halving of height, width and frames: 2x2x2 blocks of pixels, then a 2.5D convolution of the blocks.

    It is a stride-2 convolution that reaches 6 x 6 pixels and 6 frames, at an eighth of the positions: three channels
    at full size are what a CPU is slowest at.
    """

    def __init__(self, inputs: int, outputs: int, *, temporal: bool = True) -> None:
        super().__init__()
        self.frames = 2 if temporal else 1
        self.shortcut = framewise(inputs, outputs, self.frames)
        self.convolution = Convolution(4 * self.frames * inputs, outputs, gain=0.0, temporal=temporal)

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, ceil(T/2), H/2, W/2, C']``."""
        x = blocks_to_channels(x_BTHWC, self.frames)
        return self.shortcut(x) + self.convolution(x)


class PixelUpsample(nn.Module):
    """The last doubling of frames, height and width; mirrors ``PixelDownsample``, with a kernel for every new place."""

    def __init__(self, inputs: int, outputs: int, *, temporal: bool = True) -> None:
        super().__init__()
        self.frames = 2 if temporal else 1
        self.shortcut = repeated(inputs, outputs, self.frames)
        self.convolution = Convolution(inputs, 4 * self.frames * outputs, gain=0.0, temporal=temporal)

    def forward(self, x_BTHWC: Tensor) -> Tensor:
        """``[B, T, H, W, C] -> [B, 2T, 2H, 2W, C']``."""
        return channels_to_blocks(self.shortcut(x_BTHWC) + self.convolution(x_BTHWC), self.frames)


@torch.no_grad()
def framewise(inputs: int, outputs: int, frames: int) -> nn.Linear:
    """A map of blocks to ``outputs`` channels, with orthonormal rows that see the first frame of each block only."""
    spatial = torch.empty(outputs, 4 * inputs)
    nn.init.orthogonal_(spatial)
    layer = nn.Linear(4 * frames * inputs, outputs)
    layer.weight.copy_(first_frames(spatial, frames))
    nn.init.zeros_(layer.bias)
    return layer


@torch.no_grad()
def repeated(inputs: int, outputs: int, frames: int) -> nn.Linear:
    """A map of ``inputs`` channels to blocks whose frames are all the same orthonormal map's."""
    spatial = torch.empty(inputs, 4 * outputs)
    nn.init.orthogonal_(spatial)
    layer = nn.Linear(inputs, 4 * frames * outputs)
    layer.weight.copy_(all_frames(spatial.T, frames))
    nn.init.zeros_(layer.bias)
    return layer


def first_frames(weight: Tensor, frames: int) -> Tensor:
    """``weight [O, 4C, ...]``, of blocks of one frame, as one of blocks of ``frames`` that sees the first alone."""
    first = weight.unflatten(1, (4, 1, -1))
    return torch.cat([first, *[torch.zeros_like(first)] * (frames - 1)], dim=2).flatten(1, 3)


def all_frames(weight: Tensor, frames: int) -> Tensor:
    """``weight [4C, ...]``, which makes blocks of one frame, as one that makes ``frames`` of them, all the same."""
    return weight.unflatten(0, (4, 1, -1)).repeat_interleave(frames, dim=1).flatten(0, 2)
