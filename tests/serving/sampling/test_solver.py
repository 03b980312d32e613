import numpy as np
import pytest

from serving.sampling.schedule import linear_quadratic, uniform
from serving.sampling.solver import SOLVERS, integrate


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("midpoint", 2), ("heun", 2)])
def test_the_error_falls_with_the_solvers_order(solver, order):
    # dx/dt = x cos t has the solution x0 exp(sin t).
    def velocity(x, t):
        return x * np.cos(t)

    exact = np.exp(np.sin(1.0))
    errors = [abs(integrate(velocity, np.ones(1), uniform(n), SOLVERS[solver])[0] - exact) for n in (64, 128, 256)]
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(orders, order, atol=0.1)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_gaussian_flow_carries_noise_to_the_datas_mean_and_deviation(solver):
    # For x1 ~ N(m, s^2), x0 ~ N(0, 1) and x_t = t x1 + (1 - t) x0, the marginal velocity is known in closed form,
    # and its flow maps a standard normal z to m + s z.
    mean, deviation = 2.0, 0.3

    def velocity(x, t):
        variance = (t * deviation) ** 2 + (1 - t) ** 2
        slope = (t * deviation**2 - (1 - t)) / variance
        return mean + slope * (x - t * mean)

    noise = np.random.default_rng(0).normal(size=1000)
    sample = integrate(velocity, noise, linear_quadratic(400, 800), SOLVERS[solver])
    np.testing.assert_allclose(sample, mean + deviation * noise, atol=0.02)


def test_every_step_is_reported_and_the_dtype_is_kept():
    seen = []
    end = integrate(
        lambda x, t: np.ones_like(x, dtype=np.float64),
        np.zeros((2, 3), np.float32),
        uniform(4),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert end.dtype == np.float32
    np.testing.assert_allclose(end, 1.0)
