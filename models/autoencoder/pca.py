"""The linear start of the autoencoder: principal components of training clips.

Every residual branch of a new autoencoder adds nothing, so that its shortcuts in a row are one linear map. Set level by
level to the principal components of what arrives there, they make the best linear codec of that shape before the first
step (of 8x8x8 blocks of moving shapes, 16 components leave 25 dB): minutes of training go into what is not linear.
"""

import torch
from torch import Tensor, nn

from models.autoencoder.layers import Downsample, Upsample, blocks_to_channels
from models.autoencoder.network import TemporalAutoencoder
from models.training.components import components


def _set(layer: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)


@torch.no_grad()
def fit(model: TemporalAutoencoder, clips_BFHWC: Tensor) -> None:
    """Set the shortcuts of a new ``model`` to principal components of ``clips`` (pixels in [-1, 1]).

    Latent channels come out white: zero mean, unit deviation.
    """
    x = clips_BFHWC
    downs = [down for down in model.encoder.downs if isinstance(down, Downsample)]
    ups = [up for up in model.decoder.ups if isinstance(up, Upsample)]
    for down, up in zip(downs, reversed(ups), strict=True):
        blocks = blocks_to_channels(x)
        mean, rows, _ = components(blocks.flatten(0, -2), down.shortcut.out_features)
        _set(down.shortcut, rows, -rows @ mean)
        _set(up.shortcut, rows.T, mean)
        x = down.shortcut(blocks)
    mean, rows, deviations = components(x.flatten(0, -2), model.config.latent_channels)
    scale = deviations.clamp_min(1e-3)[:, None]
    _set(model.encoder.shortcut, rows / scale, -(rows / scale) @ mean)
    _set(model.decoder.shortcut, (rows * scale).T, mean)
