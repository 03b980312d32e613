"""Diffusion with the v target and no signal at its end: what flow matching is compared with.

Shapes: B batch, L levels. Times are as in flow matching: 0 is pure noise, 1 is data.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from models.flow import SIGMA_MIN, VelocityFn, velocity

LEVELS = 1000
_FIRST_BETA, _LAST_BETA = 1e-4, 0.02

Predict = Callable[[Tensor, Tensor], Tensor]
"""(state [B, ...], times [B]) -> v [B, ...]; conditions are closed over."""


def cosine() -> Tensor:
    """Signal of the cosine schedule at times l / 1000, sin(pi t / 2), float64 [1001] from 0 to 1."""
    return torch.sin(torch.arange(LEVELS + 1, dtype=torch.float64) / LEVELS * math.pi / 2)


def linear() -> Tensor:
    """Signal of the linear schedule of betas (Ho et al. 2020), rescaled to none at the end, float64 [1001] from 0 to 1.

    Rescaling is algorithm 1 of Lin et al. 2023 (arXiv 2305.08891), which Emu Video trains with.
    """
    betas = torch.linspace(_FIRST_BETA, _LAST_BETA, LEVELS, dtype=torch.float64)
    signal = (1 - betas).cumprod(0).sqrt()
    signal = (signal - signal[-1]) * signal[0] / (signal[0] - signal[-1])
    return torch.cat([signal.flip(0), torch.ones(1, dtype=torch.float64)])


class Diffusion:
    """The variance-preserving path x = a X_1 + s X_0 with a^2 + s^2 = 1, and v = a X_0 - s X_1 (Salimans and Ho 2022).

    Args:
        signal_L: a at times l / 1000, rising from 0 to 1.
    """

    def __init__(self, signal_L: Tensor) -> None:
        self._signal_L = signal_L

    def loss(self, predict: Predict, latent: Tensor, noise: Tensor, generator: torch.Generator) -> Tensor:
        """Mean squared error of v at levels that are equally likely, a scalar.

        Args:
            predict: The model with its conditions closed over.
            latent: Data X_1 [B, ...].
            noise: X_0 ~ N(0, I), shaped like ``latent``.
            generator: Of the levels.
        """
        levels_B = torch.randint(LEVELS, (len(latent),), generator=generator)
        signal, spread = self._weights(levels_B / LEVELS, latent)
        predicted = predict(signal * latent + spread * noise, levels_B / LEVELS)
        return (predicted.float() - (signal * noise - spread * latent)).square().mean()

    def parts(self, state: Tensor, v: Tensor, times_B: Tensor) -> tuple[Tensor, Tensor]:
        """Data and noise that ``state`` is made of if v is right: (a x - s v, s x + a v)."""
        signal, spread = self._weights(times_B, state)
        return signal * state - spread * v, spread * state + signal * v

    def sample(self, predict: Predict, noise: Tensor, steps: int) -> Tensor:
        """The data that DDIM without noise (Song et al. 2021) carries ``noise`` to.

        Times are equally spaced and begin at pure noise ("trailing", Lin et al. 2023).

        Raises:
            ValueError: ``steps`` does not divide the number of levels.
        """
        if LEVELS % steps:
            raise ValueError(f"{steps} steps do not divide {LEVELS} levels: take another number")
        state = noise
        for step in range(steps):
            times_B = torch.full((len(state),), step / steps)
            data, rest = self.parts(state, predict(state, times_B).float(), times_B)
            signal, spread = self._weights(times_B + 1 / steps, state)
            state = signal * data + spread * rest
        return state

    def velocity(self, predict: Predict) -> VelocityFn:
        """The velocity of the straight path that the model implies, so that flow losses compare.

        A state X_t of the straight path over its length sqrt(t^2 + (1 - t)^2) is a state here, of equal ratio of data
        to noise.
        """

        def implied(state: Tensor, times_B: Tensor) -> Tensor:
            rest_B = 1 - (1 - SIGMA_MIN) * times_B
            length_B = (times_B.square() + rest_B.square()).sqrt()
            own_B = self._time_of(times_B / length_B)
            scaled = state / _like(length_B, state)
            return velocity(*self.parts(scaled, predict(scaled, own_B).float(), own_B))

        return implied

    def _weights(self, times_B: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """A and s at times, linear between levels, shaped to multiply ``like``."""
        place_B = (times_B.double() * LEVELS).clamp(0, LEVELS)
        below_B = place_B.floor().long().clamp(max=LEVELS - 1)
        signal_B = torch.lerp(self._signal_L[below_B], self._signal_L[below_B + 1], place_B - below_B)
        spread_B = (1 - signal_B.square()).clamp(min=0).sqrt()
        return _like(signal_B.to(like.dtype), like), _like(spread_B.to(like.dtype), like)

    def _time_of(self, signal_B: Tensor) -> Tensor:
        """The time at which a is ``signal_B``: the inverse of the schedule."""
        signal_B = signal_B.double()
        above_B = torch.searchsorted(self._signal_L, signal_B).clamp(1, LEVELS)
        low_B, high_B = self._signal_L[above_B - 1], self._signal_L[above_B]
        return ((above_B - 1 + (signal_B - low_B) / (high_B - low_B)) / LEVELS).float()


def _like(values_B: Tensor, like: Tensor) -> Tensor:
    return values_B.reshape(-1, *[1] * (like.ndim - 1))
