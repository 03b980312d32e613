"""The adversarial loss: a patch discriminator of clips, hinge losses, and a weight that follows the gradients."""

import torch
from torch import Tensor, nn

from models.autoencoder.layers import Convolution, TemporalConv, blocks_to_channels

_SLOPE = 0.2
_MOST = 1e4  # of the adaptive weight, as in VQGAN


class PatchDiscriminator(nn.Module):
    """Says of every place of a clip whether it is real: a number for each 4 x 8 x 8 block, which sees beyond it.

    2.5D like the autoencoder, so that it judges movement too; an image is a clip of one frame. The first layer reads
    blocks of 2 x 2 x 2 pixels.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.first = Convolution(24, width)
        self.second = Convolution(width, 2 * width, stride=2)
        self.shrink = TemporalConv(2 * width, stride=2)
        self.norm = nn.LayerNorm(2 * width)
        self.third = Convolution(2 * width, 2 * width, stride=2)
        self.out = Convolution(2 * width, 1, gain=0.1)

    def forward(self, clip_BFHWC: Tensor) -> Tensor:
        """``[B, F, H, W, 3] -> [B, ceil(F/4), H/8, W/8, 1]``: positive for what looks real."""
        x = nn.functional.leaky_relu(self.first(blocks_to_channels(clip_BFHWC)), _SLOPE)
        x = nn.functional.leaky_relu(self.norm(self.shrink(self.second(x))), _SLOPE)
        return self.out(nn.functional.leaky_relu(self.third(x), _SLOPE))


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Hinge loss ``(mean max(0, 1 - real) + mean max(0, 1 + fake)) / 2`` of a discriminator's answers."""
    return 0.5 * (nn.functional.relu(1.0 - real).mean() + nn.functional.relu(1.0 + fake).mean())


def adaptive_weight(loss: Tensor, adversarial: Tensor, last: Tensor) -> Tensor:
    """How much the adversarial term counts, so that it pulls at the decoder's last weights as hard as the others do.

    ``|d loss / d last| / (|d adversarial / d last| + 1e-4)``, at most 1e4 (Esser et al. 2021, VQGAN).
    """
    (pull,) = torch.autograd.grad(loss, last, retain_graph=True)
    (against,) = torch.autograd.grad(adversarial, last, retain_graph=True)
    return (pull.norm() / (against.norm() + 1e-4)).clamp(0.0, _MOST).detach()


class AdversarialTerm:
    """The autoencoder's part of the game, from step ``start`` on, and the discriminator's after it.

    Args:
        discriminator: Trained in turn with the autoencoder.
        weight: Of the term, times the adaptive weight.
        start: The first step of either.
    """

    def __init__(self, discriminator: PatchDiscriminator, weight: float, start: int) -> None:
        self.discriminator = discriminator
        self._weight, self._start = weight, start
        self._shown: tuple[Tensor, Tensor] | None = None

    def __call__(self, step: int, reconstruction: Tensor, target: Tensor, loss: Tensor, last: Tensor) -> Tensor | None:
        """The weighed term of one step; None before the start.

        Args:
            step: Which.
            reconstruction: Clips ``[B, F, H, W, 3]``.
            target: What they should be.
            loss: All other terms together.
            last: Weights of the decoder's last layer.
        """
        self._shown = None
        if step < self._start:
            return None
        self._shown = (target, reconstruction.detach())
        adversarial = -self.discriminator(reconstruction).mean()
        return self._weight * adaptive_weight(loss, adversarial, last) * adversarial

    def discriminated(self) -> Tensor | None:
        """The discriminator's loss on what the last call was shown; None before the start."""
        if self._shown is None:
            return None
        target, reconstruction = self._shown
        return discriminator_loss(self.discriminator(target), self.discriminator(reconstruction))
