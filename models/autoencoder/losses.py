"""What the autoencoder minimises beside L1: KL and the outlier penalty (Movie Gen 3.1.1), errors of differences."""

import torch
from torch import Tensor

from models.autoencoder.network import Posterior


def divergence(posterior: Posterior) -> Tensor:
    """KL divergence of the posterior from a standard normal, in nats a latent value (the mean of all)."""
    mean, logvar = posterior
    return 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).mean()


def outlier_penalty(latent_BTHWC: Tensor, radius: float) -> Tensor:
    """How far latent positions stick out of their frame.

    The mean over positions, frames and clips of ``max(||X_ij - mu||_2 - r * ||sd||_2, 0)``, with mu and sd the spatial
    mean and deviation of each channel in the frame, and norms over channels.
    """
    X = latent_BTHWC.flatten(0, 1).flatten(1, 2)
    deviation = X.std(dim=1, correction=0, keepdim=True)
    distance = torch.linalg.vector_norm(X - X.mean(dim=1, keepdim=True), dim=-1)
    limit = radius * torch.linalg.vector_norm(deviation, dim=-1)
    return (distance - limit).clamp_min(0.0).mean()


def gradient_error(error_BFHWC: Tensor) -> Tensor:
    """L1 of the differences of ``error`` between neighbouring frames, rows and columns: the mean of those there are.

    The error of a difference is the difference of the error, so that this is what edges and moments are missed by.
    """
    axes = [axis for axis in (1, 2, 3) if error_BFHWC.shape[axis] > 1]
    return torch.stack([error_BFHWC.diff(dim=axis).abs().mean() for axis in axes]).mean()
