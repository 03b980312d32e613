"""The audio codec: 48 kHz mono to 128 channels at 25 Hz and back (the role of DAC-VAE in Movie Gen 6).

Shapes: B sounds, S samples, N = ceil(S/1920) latent frames, K = 1920 coefficients a frame, C = 128 channels.
An exact MDCT stands in for the convolutional front end: its overlapping windows keep frame borders from clicking, and
what is left to learn is small enough for a minute on a laptop.
"""

import dataclasses
from pathlib import Path
from typing import NamedTuple, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.codec.mdct import Mdct
from models.files import atomic_path, read_json, write_json
from models.recipes import AUDIO_RATE, SAMPLE_RATE, CodecConfig

KIND = "codec"
HOP = SAMPLE_RATE // AUDIO_RATE


class WrongModelError(ValueError):
    """A model folder holds another kind of model."""


class Posterior(NamedTuple):
    """Mean and logarithm of the variance of the latent, both ``[B, N, C]``, not normalised."""

    mean: Tensor
    logvar: Tensor


class Block(nn.Module):
    """Residual 3-tap convolution over frames and a two-layer perceptron; adds nothing at the start."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.neighbours = nn.Linear(3 * width, 2 * width)
        self.out = nn.Linear(2 * width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x_BNW: Tensor) -> Tensor:
        """Same shape; the edge frames repeat."""
        x = self.norm(x_BNW)
        before, after = torch.cat([x[:, :1], x[:, :-1]], dim=1), torch.cat([x[:, 1:], x[:, -1:]], dim=1)
        hidden = nn.functional.silu(self.neighbours(torch.cat([before, x, after], dim=-1)))
        return x_BNW + self.out(hidden)


class Branch(nn.Module):
    """What the linear shortcut cannot do: blocks over frames between two linear layers; adds nothing at the start."""

    def __init__(self, inputs: int, outputs: int, config: CodecConfig) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, config.width)
        self.blocks = nn.Sequential(*(Block(config.width) for _ in range(config.blocks)))
        self.leave = nn.Linear(config.width, outputs)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x_BNI: Tensor) -> Tensor:
        """``[B, N, inputs] -> [B, N, outputs]``."""
        return self.leave(nn.functional.silu(self.blocks(self.enter(x_BNI))))


class AudioCodec(nn.Module):
    """Continuous variational audio codec over MDCT frames of 40 ms.

    Coefficients are coded as their signed square roots: a struck note then stands out of a hum by tens, not thousands,
    in the latents too. Buffers of the weights, computed from training data: ``spread`` and ``rest``, the deviation of
    each coefficient and of what the linear shortcuts lose of it, so that the branches work in units near one; and
    ``latent_mean`` and ``latent_std`` of each channel, so that latents that leave and enter are normalised.
    """

    spread: Tensor
    rest: Tensor
    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: CodecConfig | None = None) -> None:
        super().__init__()
        self.config = config or CodecConfig()
        channels = self.config.latent_channels
        self.mdct = Mdct(HOP)
        self.encoder_shortcut = nn.Linear(HOP, channels)
        self.decoder_shortcut = nn.Linear(channels, HOP)
        self.encoder = Branch(HOP, 2 * channels, self.config)
        self.decoder = Branch(channels, HOP, self.config)
        nn.init.constant_(self.encoder.leave.bias[channels:], -6.0)
        self.register_buffer("spread", torch.ones(HOP))
        self.register_buffer("rest", torch.ones(HOP))
        self.register_buffer("latent_mean", torch.zeros(channels))
        self.register_buffer("latent_std", torch.ones(channels))

    def coefficients(self, waveform_BS: Tensor) -> Tensor:
        """Signed roots of MDCT coefficients, ``[B, N, K]``; silence fills the last frame."""
        padded = nn.functional.pad(waveform_BS, (0, -waveform_BS.shape[1] % HOP))
        exact = self.mdct(padded.unflatten(1, (-1, HOP)))
        return exact.sign() * exact.abs().sqrt()

    def waveform(self, coefficients_BNK: Tensor) -> Tensor:
        """Samples ``[B, N * 1920]``: undoes :meth:`coefficients`."""
        return self.mdct.inverse(coefficients_BNK * coefficients_BNK.abs()).flatten(1)

    def posterior(self, coefficients_BNK: Tensor) -> Posterior:
        """The latent's distribution, not normalised."""
        mean, logvar = self.encoder(coefficients_BNK / self.spread).chunk(2, dim=-1)
        return Posterior(self.encoder_shortcut(coefficients_BNK) + mean, logvar.clamp(-14.0, 6.0))

    def reconstruct(self, latent_BNC: Tensor) -> Tensor:
        """Roots of coefficients ``[B, N, K]`` of a latent that is not normalised."""
        return self.decoder_shortcut(latent_BNC) + self.rest * self.decoder(latent_BNC)

    def encode(self, waveform_BS: Tensor) -> Tensor:
        """Normalised mean latent ``[B, ceil(S/1920), 128]`` of samples in [-1, 1]."""
        return (self.posterior(self.coefficients(waveform_BS)).mean - self.latent_mean) / self.latent_std

    def decode(self, latent_BNC: Tensor) -> Tensor:
        """Samples ``[B, N * 1920]`` of a normalised latent."""
        return self.waveform(self.reconstruct(latent_BNC * self.latent_std + self.latent_mean))

    @torch.no_grad()
    def set_statistics(self, means_NC: Tensor) -> None:
        """Normalise by the mean and deviation of each channel of ``means_NC``: raw latents of the training data."""
        self.latent_mean.copy_(means_NC.mean(0))
        self.latent_std.copy_(means_NC.std(0).clamp_min(1e-6))

    def save(self, folder: Path) -> None:
        """Write ``model.safetensors`` and ``config.json``."""
        with atomic_path(folder / "model.safetensors") as path:
            save_file({name: value.contiguous() for name, value in self.state_dict().items()}, path)
        write_json(folder / "config.json", {"kind": KIND, "model": dataclasses.asdict(self.config)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The codec that ``save`` wrote to ``folder``, in evaluation mode.

        Raises:
            WrongModelError: ``config.json`` describes another kind of model.
        """
        config = read_json(folder / "config.json")
        if config["kind"] != KIND:
            raise WrongModelError(f"{folder} holds a model of kind {config['kind']!r}; {KIND!r} is needed here")
        model = cls(CodecConfig(**config["model"]))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.eval()
