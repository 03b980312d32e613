"""The straight path between noise and data, and its velocity (Movie Gen 3.1.2)."""

from torch import Tensor

SIGMA_MIN = 1e-5


def _broadcast(times_B: Tensor, like: Tensor) -> Tensor:
    return times_B.to(like.dtype).reshape(-1, *[1] * (like.ndim - 1))


def position(latent: Tensor, noise: Tensor, times_B: Tensor) -> Tensor:
    """The point X_t = t X_1 + (1 - (1 - sigma_min) t) X_0 of each sample's path.

    Args:
        latent: Data X_1 [B, ...].
        noise: Standard normal X_0, shaped like ``latent``.
        times_B: t in [0, 1]: 0 is pure noise (zero terminal signal), 1 is data.
    """
    times = _broadcast(times_B, latent)
    return times * latent + (1 - (1 - SIGMA_MIN) * times) * noise


def velocity(latent: Tensor, noise: Tensor) -> Tensor:
    """The derivative dX_t/dt = X_1 - (1 - sigma_min) X_0, the same at every t."""
    return latent - (1 - SIGMA_MIN) * noise
