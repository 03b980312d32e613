"""What the autoencoder minimises: L1, KL and the outlier penalty (Movie Gen 3.1.1)."""

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
