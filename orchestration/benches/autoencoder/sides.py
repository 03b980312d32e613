"""The sides of the bench: our autoencoder and those of diffusers, with about as many parameters, behind one interface.

Shapes: B clips, F frames, H x W pixels, C latent channels.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn

SEED = 0
FRAMES = 16  # that every side is judged on
WAN, COGVIDEOX, HUNYUAN = "wan", "cogvideox", "hunyuanvideo"


class Side(Protocol):
    """A variational autoencoder of clips ``[B, 3, F, H, W]`` with pixels in [-1, 1].

    Attributes:
        model: Its weights.
        frames: How many it takes for the sixteen it is judged on.
        compression: Pixels in time, height and width for a latent position.
    """

    model: "nn.Module"
    frames: int
    compression: tuple[int, int, int]

    def encode(self, clip: "Tensor") -> "tuple[Tensor, Tensor]":
        """Mean and logarithm of the variance of the latent."""
        ...

    def decode(self, latent: "Tensor") -> "Tensor":
        """The clip of a latent, not normalised."""
        ...


@dataclass
class Ours:
    """The Temporal Autoencoder, of the size of the starter weights."""

    model: Any
    frames: int = FRAMES
    compression: tuple[int, int, int] = (8, 8, 8)

    @classmethod
    def new(cls) -> "Ours":
        """With random weights, all trained."""
        from assets.starter.autoencoder import RECIPE
        from models.autoencoder import TemporalAutoencoder

        return cls(TemporalAutoencoder(RECIPE.model))

    def encode(self, clip: "Tensor") -> "tuple[Tensor, Tensor]":
        """See Side."""
        posterior = self.model.encoder(clip.permute(0, 2, 3, 4, 1))
        return posterior.mean, posterior.logvar

    def decode(self, latent: "Tensor") -> "Tensor":
        """See Side."""
        decoded: Tensor = self.model.decoder(latent).permute(0, 4, 1, 2, 3)
        return decoded


@dataclass
class Peer:
    """One of diffusers' causal autoencoders: 1 + 4k frames to 1 + k latents, twice as many as ours."""

    model: Any
    frames: int = FRAMES + 1
    compression: tuple[int, int, int] = (4, 8, 8)

    def encode(self, clip: "Tensor") -> "tuple[Tensor, Tensor]":
        """See Side."""
        posterior = self.model.encode(clip).latent_dist
        return posterior.mean, posterior.logvar

    def decode(self, latent: "Tensor") -> "Tensor":
        """See Side."""
        decoded: Tensor = self.model.decode(latent).sample
        return decoded


def _wan() -> Peer:
    from diffusers import AutoencoderKLWan

    sizes = {"base_dim": 20, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 1}
    return Peer(AutoencoderKLWan(z_dim=16, temperal_downsample=[False, True, True], **sizes))


def _cogvideox() -> Peer:
    from diffusers import AutoencoderKLCogVideoX

    sizes = {"block_out_channels": (24, 40, 40, 88), "layers_per_block": 1, "norm_num_groups": 8}
    return Peer(AutoencoderKLCogVideoX(latent_channels=16, **sizes))


def _hunyuan() -> Peer:
    from diffusers import AutoencoderKLHunyuanVideo

    sizes = {"block_out_channels": (16, 40, 72, 72), "layers_per_block": 1, "norm_num_groups": 8}
    return Peer(AutoencoderKLHunyuanVideo(latent_channels=16, **sizes))


OURS = "ours"
PEERS: dict[str, Callable[[], Peer]] = {WAN: _wan, COGVIDEOX: _cogvideox, HUNYUAN: _hunyuan}


def side(name: str) -> Side:
    """A side by name, with random weights of one seed, on one thread."""
    import torch

    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    return Ours.new() if name == OURS else PEERS[name]()
