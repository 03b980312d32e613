"""Step caching: velocities taken from those computed before, where calibration says that they hardly differ."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from serving.errors import CalibrationMissing
from serving.sampling.sampler import Sampler
from serving.sampling.solver import Velocity

Weights = Mapping[int, float]
"""Of velocities computed at earlier steps, by the number of the step."""

_DIGITS = 7  # of a product: a difference of two of them still has three where velocities agree within one percent
_KEPT = 2  # velocities from which one can be taken
_MARGIN = 2.0  # by which errors on other prompts, along a path that caching has bent, may be above the calibrated
_FINER = 2  # steps of the calibration for each of the model's own: velocities between its times are interpolated


@dataclass(frozen=True)
class Plan:
    """Where each velocity of a schedule comes from.

    Attributes:
        sources: For each step None where the model is evaluated, else the weights of the velocities that are added.
    """

    sources: tuple[Weights | None, ...]

    @property
    def reused(self) -> int:
        """How many steps take their velocity from others."""
        return sum(weights is not None for weights in self.sources)

    def over(self, velocity: Velocity) -> Velocity:
        """The velocity with which one sample is integrated by Euler's method, step by step from the first."""
        known: OrderedDict[int, np.ndarray] = OrderedDict()
        steps = iter(enumerate(self.sources))

        def at(x: np.ndarray, t: float) -> np.ndarray:
            step, weights = next(steps)
            if weights is not None:
                return sum((np.float32(w) * known[earlier] for earlier, w in weights.items()), np.zeros_like(x))
            known[step] = velocity(x, t)
            if len(known) > _KEPT:
                known.popitem(last=False)
            return known[step]

        return at


class Calibration(BaseModel):
    """How a model's guided velocity changes on its way from noise to data, measured once for one guidance.

    With u_i the velocity at time t_i of a sample drawn without caching and G_ij = E <u_i, u_j> over samples, the error
    of taking u_j to be a sum of others follows::

        E |u_j - sum_k w_k u_k|^2 = G_jj - 2 sum_k w_k G_kj + sum_kl w_k w_l G_kl

    So one table serves every schedule; between measured times velocities are taken to be linear in time.

    Attributes:
        guidance, guidance_interval: With which it was measured, as in ``Sampler``.
        times: Rising, from 0 to 1.
        products: Of each time with those up to it: row i holds G_i0 ... G_ii, a mean over elements.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    guidance: float
    guidance_interval: tuple[float, float] | None
    times: tuple[float, ...]
    products: tuple[tuple[float, ...], ...]

    @model_validator(mode="after")
    def _is_triangular(self) -> "Calibration":
        if [len(row) for row in self.products] != list(range(1, len(self.times) + 1)):
            raise ValueError(f"products of {len(self.times)} times are rows of 1, 2, ... values")
        return self

    def plan(self, sampler: Sampler, bound: float) -> Plan:
        """Which velocities of a sampler are computed, so that each reused one is wrong by at most ``bound``.

        From the first step on, a velocity is taken from the last one computed, or from the last two as a line through
        them, whichever is nearer to it; where the nearer is off by more than the bound, it is computed. Errors are
        taken to be twice the calibrated ones.

        Args:
            sampler: Whose solver is Euler's.
            bound: Root mean square error as a share of the velocity's own root mean square.

        Raises:
            CalibrationMissing: The sampler guides otherwise than was measured.
        """
        if (sampler.guidance, sampler.guidance_interval) != (self.guidance, self.guidance_interval):
            raise CalibrationMissing(
                f"step caching is calibrated for {_named(self.guidance, self.guidance_interval)}, not for "
                f"{_named(sampler.guidance, sampler.guidance_interval)}: sample with that one, or without caching"
            )
        times = sampler.times()[:-1]
        products = self._products(times)
        computed: list[int] = []
        sources: list[Weights | None] = []
        for step in range(len(times)):
            options = [(_error(products, step, weights), weights) for weights in _options(times, computed, step)]
            error, weights = min(options, key=lambda option: option[0], default=(np.inf, {}))
            sources.append(weights if _MARGIN * error <= bound else None)
            if sources[-1] is None:
                computed.append(step)
        return Plan(tuple(sources))

    def _products(self, times: np.ndarray) -> np.ndarray:
        """G between any times, float64 [S, S]."""
        lower = np.zeros((len(self.times),) * 2)
        for place, row in enumerate(self.products):
            lower[place, : place + 1] = row
        whole = lower + np.tril(lower, -1).T
        shares = np.stack([np.interp(times, self.times, unit) for unit in np.eye(len(self.times))], axis=1)
        return np.asarray(shares @ whole @ shares.T)


def calibrated(velocity: Velocity, noise: np.ndarray, sampler: Sampler) -> Calibration:
    """The calibration of a velocity, from samples of ``noise`` [B, ...] by Euler's method.

    They are drawn in twice as many steps of a sampler's schedule as it takes.
    """
    steps = _FINER * sampler.steps
    finer = sampler.model_copy(update={"steps": steps, "emulated_steps": max(steps, sampler.emulated_steps)})
    times, x, found = finer.times(), noise, []
    for start, end in zip(times, [*times[1:], times[-1]], strict=True):
        found.append(velocity(x, float(start)))
        x = (x + (end - start) * found[-1]).astype(noise.dtype, copy=False)
    flat = np.stack(found).reshape(len(found), -1).astype(np.float64)
    products = flat @ flat.T / flat.shape[1]
    return Calibration(
        guidance=sampler.guidance,
        guidance_interval=sampler.guidance_interval,
        times=tuple(times.tolist()),
        products=tuple(
            tuple(float(f"{value:.{_DIGITS}g}") for value in row[: place + 1]) for place, row in enumerate(products)
        ),
    )


def _options(times: np.ndarray, computed: Sequence[int], step: int) -> list[Weights]:
    """The velocity as the last one, and as the line through the last two."""
    if not computed:
        return []
    last = computed[-1]
    options: list[Weights] = [{last: 1.0}]
    if len(computed) >= _KEPT:
        before = computed[-_KEPT]
        ahead = float((times[step] - times[last]) / (times[last] - times[before]))
        options.append({last: 1 + ahead, before: -ahead})
    return options


def _error(products: np.ndarray, step: int, weights: Weights) -> float:
    """Relative root mean square error of a velocity as a weighted sum; infinite where the velocity is nothing."""
    size = products[step, step]
    if size <= 0:
        return np.inf
    coefficients = np.zeros(len(products))
    coefficients[list(weights)] = list(weights.values())
    coefficients[step] -= 1
    return float(np.sqrt(max(0.0, coefficients @ products @ coefficients) / size))


def _named(guidance: float, interval: tuple[float, float] | None) -> str:
    return f"guidance {guidance:g}" + ("" if interval is None else f" from {interval[0]:g} to {interval[1]:g}")
