"""The flow-matching objective: squared error of a predicted velocity."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from models.flow.path import position, velocity
from models.flow.times import validation_times

VelocityFn = Callable[[Tensor, Tensor], Tensor]
"""(X_t [B, ...], times [B]) -> velocity [B, ...]; conditions are closed over."""


def flow_losses(velocity_fn: VelocityFn, latent: Tensor, times: Tensor, noise: Tensor) -> Tensor:
    """Mean squared velocity error of each sample, float32 [B]."""
    predicted = velocity_fn(position(latent, noise, times), times)
    error = predicted.float() - velocity(latent, noise).float()
    return error.square().flatten(1).mean(1)


def flow_loss(velocity_fn: VelocityFn, latent: Tensor, times: Tensor, noise: Tensor) -> Tensor:
    """Mean squared velocity error E ||u(X_t, t) - V||^2 per element, a scalar (Movie Gen 3.1.2).

    Args:
        velocity_fn: The model with its conditions closed over.
        latent: Data X_1 [B, ...].
        times: t [B] in [0, 1].
        noise: X_0 ~ N(0, I), shaped like ``latent``.
    """
    return flow_losses(velocity_fn, latent, times, noise).mean()


def fixed_noise(shape: Iterable[int], seed: int) -> Tensor:
    """Standard normal noise that depends on nothing but ``shape`` and ``seed``, float32 on the CPU."""
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def validation_flow_loss(velocity_fn: VelocityFn, latent: Tensor, seed: int = 0, times_per_sample: int = 4) -> Tensor:
    """Flow loss of each sample on fixed noise and times, float32 [B], comparable between models.

    Every sample is looked at ``times_per_sample`` times. Together the B * times_per_sample looks cover the quantiles
    of the training law; a sample's own looks are spread over the whole of it.

    Args:
        velocity_fn: The model with its conditions closed over.
        latent: Data [B, ...].
        seed: Of the noise. Two models are compared with the same seed and the same batches.
        times_per_sample: Model evaluations, one batch each.
    """
    count = latent.shape[0]
    times = validation_times(count * times_per_sample).reshape(times_per_sample, count)
    losses = [
        flow_losses(
            velocity_fn,
            latent,
            times[look].to(latent.device),
            fixed_noise(latent.shape, seed * times_per_sample + look).to(latent),
        )
        for look in range(times_per_sample)
    ]
    return torch.stack(losses).mean(0)
