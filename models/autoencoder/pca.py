"""The linear start of the autoencoder: principal components of training clips.

Every residual branch of a new autoencoder adds nothing, so that its shortcuts in a row are one linear map. Set level by
level to the principal components of what arrives there, they make a nearly best linear codec of that shape before the
first step, and stay as they are: minutes of training go into what is not linear. Features are in units of their own
deviation at every level, so that branches learn detail as fast as brightness.
"""

import torch
from torch import Tensor, nn

from models.autoencoder.layers import Downsample, PixelDownsample, PixelUpsample, Upsample, blocks_to_channels
from models.autoencoder.network import TemporalAutoencoder
from models.training.components import components

_FAINT = 1e-2  # of the strongest component's deviation


def _set(layer: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)
    layer.requires_grad_(requires_grad=False)


@torch.no_grad()
def fit(model: TemporalAutoencoder, clips_BFHWC: Tensor) -> None:
    """Set and freeze the shortcuts of a new ``model`` by principal components of ``clips`` (pixels in [-1, 1]).

    Features of every level and the latent come out white: zero mean, unit deviation.
    """
    downs = [down for down in model.encoder.downs if isinstance(down, Downsample | PixelDownsample)]
    ups = [up for up in model.decoder.ups if isinstance(up, Upsample | PixelUpsample)]
    x, units = clips_BFHWC, torch.ones(3)  # true features and what they are divided by
    for down, up in zip(downs, reversed(ups), strict=True):
        blocks = blocks_to_channels(x, down.frames)
        mean, rows, deviations = components(blocks.flatten(0, -2), down.shortcut.out_features)
        finer, units = units.repeat(4 * down.frames), _units(deviations)
        _set(down.shortcut, rows / units[:, None] * finer, -(rows @ mean) / units)
        _set(up.shortcut, rows.T * units / finer[:, None], mean / finer)
        x = (blocks - mean) @ rows.T
    mean, rows, deviations = components(x.flatten(0, -2), model.config.latent_channels)
    latent_units = _units(deviations)
    _set(model.encoder.shortcut, rows / latent_units[:, None] * units, -(rows @ mean) / latent_units)
    _set(model.decoder.shortcut, rows.T * latent_units / units[:, None], mean / units)


def _units(deviations: Tensor) -> Tensor:
    """What to divide components by; the faintest are left faint."""
    return deviations.clamp_min(float(deviations.max()) * _FAINT)
