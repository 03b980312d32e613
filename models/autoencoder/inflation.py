"""Inflation: a video autoencoder that starts as a trained image autoencoder (Movie Gen 3.1.1)."""

import dataclasses

import torch
from torch import nn

from models.autoencoder.layers import (
    Downsample,
    PixelDownsample,
    PixelUpsample,
    SpatialConv,
    Upsample,
    all_frames,
    first_frames,
)
from models.autoencoder.network import TemporalAutoencoder


class NoImageModel(ValueError):
    """What was to be inflated has layers in time already."""


@torch.no_grad()
def inflate(image: TemporalAutoencoder) -> TemporalAutoencoder:
    """A video autoencoder that encodes every eighth frame, and decodes every latent to eight frames, as ``image`` does.

    Layers in time start as the identity, or add nothing; encoders of blocks see the first frame of each, decoders
    repeat it.

    Raises:
        NoImageModel: ``image`` is a video autoencoder.
    """
    if image.config.temporal:
        raise NoImageModel("this autoencoder has layers in time: inflate one whose config says temporal=False")
    video = TemporalAutoencoder(dataclasses.replace(image.config, temporal=True))
    weights = image.state_dict()
    for name, module in image.named_modules():
        for layer, path in _of_blocks(module):
            spread = first_frames if isinstance(module, Downsample | PixelDownsample) else all_frames
            place = f"{name}.{path}"
            weights[f"{place}.weight"] = spread(layer.weight, 2)
            if spread is all_frames:
                assert layer.bias is not None
                weights[f"{place}.bias"] = all_frames(layer.bias, 2)
    # The posterior's bias is a spatial convolution's in the one, a temporal one's in the other: the sum counts.
    nn.init.zeros_(video.encoder.out.time.get_parameter("bias"))
    video.load_state_dict(video.state_dict() | weights)
    return video


def _of_blocks(module: nn.Module) -> list[tuple[nn.Linear | SpatialConv, str]]:
    """Layers of ``module`` that read or make blocks, with their names in it."""
    match module:
        case Downsample() | Upsample():
            return [(module.shortcut, "shortcut")]
        case PixelDownsample() | PixelUpsample():
            return [(module.shortcut, "shortcut"), (module.convolution.space, "convolution.space")]
        case _:
            return []
