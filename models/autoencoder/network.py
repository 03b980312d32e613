"""The Temporal Autoencoder (Movie Gen 3.1.1): videos and images to a latent 8x smaller each way, and back.

Shapes: B clips, C channels, F pixel frames, H x W pixels; latents T = ceil(F/8), h = H/8, w = W/8, 16 channels.
"""

import dataclasses
import itertools
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.autoencoder.layers import (
    AttentionBlock,
    Convolution,
    Downsample,
    PixelDownsample,
    PixelUpsample,
    ResidualBlock,
    TemporalConv,
    Upsample,
)
from models.files import atomic_path, read_json, write_json
from models.recipes import AutoencoderConfig

KIND = "autoencoder"
DEVIATIONS_FLOOR = 1e-6  # a channel that never moves must not divide by zero


class WrongModelError(ValueError):
    """A model folder holds another kind of model."""


class Posterior(NamedTuple):
    """Mean and logarithm of the variance of the latent, both ``[B, T, h, w, C]``, not normalised."""

    mean: Tensor
    logvar: Tensor

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """Mean plus noise of the posterior's deviation."""
        noise = torch.randn(self.mean.shape, generator=generator)
        return self.mean + torch.exp(0.5 * self.logvar) * noise


class Encoder(nn.Module):
    """Pixels ``[B, F, H, W, 3]`` to the posterior of the latent."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        widths = [config.base_width * m for m in config.multipliers]
        inner = (Downsample(i, o, temporal=config.temporal) for i, o in itertools.pairwise(widths))
        self.downs = nn.ModuleList([PixelDownsample(3, widths[0], temporal=config.temporal), *inner])
        self.blocks = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width, temporal=config.temporal) for _ in range(count)))
            for width, count in zip(widths, config.blocks, strict=True)
        )
        self.attention = AttentionBlock(widths[-1], temporal=config.temporal)
        self.last = ResidualBlock(widths[-1], temporal=config.temporal)
        self.shortcut = nn.Linear(widths[-1], config.latent_channels)
        self.norm = nn.LayerNorm(widths[-1])
        self.out = Convolution(widths[-1], 2 * config.latent_channels, gain=0.0, temporal=config.temporal)
        nn.init.orthogonal_(self.shortcut.weight)
        nn.init.zeros_(self.shortcut.bias)
        last = self.out.time if isinstance(self.out.time, TemporalConv) else self.out.space
        nn.init.constant_(last.bias[config.latent_channels :], -6.0)

    def forward(self, x_BFHWC: Tensor) -> Posterior:
        """The posterior ``[B, ceil(F/8), H/8, W/8, C]``."""
        x = x_BFHWC
        for down, blocks in zip(self.downs, self.blocks, strict=True):
            x = blocks(down(x))
        x = self.last(self.attention(x))
        mean, logvar = self.out(nn.functional.silu(self.norm(x))).chunk(2, dim=-1)
        return Posterior(self.shortcut(x) + mean, logvar.clamp(-14.0, 6.0))


class Decoder(nn.Module):
    """A latent ``[B, T, h, w, C]`` to pixels ``[B, 8T, 8h, 8w, 3]``."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        widths = [config.base_width * m for m in config.multipliers][::-1]
        self.shortcut = nn.Linear(config.latent_channels, widths[0])
        self.convolution = Convolution(config.latent_channels, widths[0], gain=0.0, temporal=config.temporal)
        self.first = ResidualBlock(widths[0], temporal=config.temporal)
        self.attention = AttentionBlock(widths[0], temporal=config.temporal)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width, temporal=config.temporal) for _ in range(count)))
            for width, count in zip(widths, config.decoder_blocks[::-1], strict=True)
        )
        inner = (Upsample(i, o, temporal=config.temporal) for i, o in itertools.pairwise(widths))
        self.ups = nn.ModuleList([*inner, PixelUpsample(widths[-1], 3, temporal=config.temporal)])
        nn.init.orthogonal_(self.shortcut.weight)
        nn.init.zeros_(self.shortcut.bias)

    @property
    def last_weights(self) -> Tensor:
        """Those of the last spatial convolution."""
        return self.ups[-1].get_parameter("convolution.space.weight")

    def forward(self, z_BTHWC: Tensor) -> Tensor:
        """The clips."""
        x = self.shortcut(z_BTHWC) + self.convolution(z_BTHWC)
        x = self.attention(self.first(x))
        for blocks, up in zip(self.blocks, self.ups, strict=True):
            x = up(blocks(x))
        return x


class TemporalAutoencoder(nn.Module):
    """Variational 2.5D autoencoder, 8x8x8, for any number of frames; an image is a clip of one frame.

    With ``config.temporal`` false it is an image autoencoder (8x8): every frame of a clip by itself, T = F.

    ``latent_mean`` and ``latent_std`` (per channel, computed after training) are buffers of the weights: latents that
    leave and enter through ``encode`` and ``decode`` have zero mean and unit deviation over the training data.
    """

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or AutoencoderConfig()
        self.encoder = Encoder(self.config)
        self.decoder = Decoder(self.config)
        self.register_buffer("latent_mean", torch.zeros(self.config.latent_channels))
        self.register_buffer("latent_std", torch.ones(self.config.latent_channels))

    def encode(self, video_BCFHW: Tensor) -> Tensor:
        """Normalised mean latent ``[B, C, ceil(F/8), H/8, W/8]`` of pixels in [-1, 1]; H and W are multiples of 8."""
        mean = self.encoder(video_BCFHW.permute(0, 2, 3, 4, 1)).mean
        return ((mean - self.latent_mean) / self.latent_std).permute(0, 4, 1, 2, 3)

    def decode(self, latent_BCTHW: Tensor) -> Tensor:
        """Pixels ``[B, 3, 8T, 8h, 8w]`` of a normalised latent. Of F frames encoded, the first F are the clip's."""
        latent = latent_BCTHW.permute(0, 2, 3, 4, 1) * self.latent_std + self.latent_mean
        return self.decoder(latent).permute(0, 4, 1, 2, 3)

    @torch.no_grad()
    def set_statistics(self, means_NC: Tensor) -> None:
        """Normalise by the mean and deviation of each channel of ``means_NC``: raw latents of the training data."""
        self.latent_mean.copy_(means_NC.mean(0))
        self.latent_std.copy_(means_NC.std(0).clamp_min(DEVIATIONS_FLOOR))

    def save(self, folder: Path) -> None:
        """Write ``model.safetensors`` and ``config.json``."""
        with atomic_path(folder / "model.safetensors") as path:
            save_file({name: value.contiguous() for name, value in self.state_dict().items()}, path)
        write_json(folder / "config.json", {"kind": KIND, "model": dataclasses.asdict(self.config)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that ``save`` wrote to ``folder``, in evaluation mode.

        Raises:
            WrongModelError: ``config.json`` describes another kind of model.
        """
        config = read_json(folder / "config.json")
        if config["kind"] != KIND:
            raise WrongModelError(f"{folder} holds a model of kind {config['kind']!r}; {KIND!r} is needed here")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in config["model"].items()}
        model = cls(AutoencoderConfig(**values))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.eval()
