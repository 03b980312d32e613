import numpy as np
import pytest

from serving.sampling.schedule import linear_quadratic, shifted, uniform


@pytest.mark.parametrize(
    ("emulated", "values"),
    [(250, {25: 0.1, 26: 0.1053, 49: 0.9333, 50: 1.0}), (1000, {25: 0.025, 26: 0.0275, 49: 0.9245, 50: 1.0})],
)
def test_linear_quadratic_has_the_published_values(emulated, values):
    times = linear_quadratic(50, emulated)
    for index, value in values.items():
        assert times[index] == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(("emulated", "a", "b", "c"), [(250, 0.00128, -0.06, 0.80), (1000, 0.00152, -0.075, 0.95)])
def test_linear_quadratic_is_the_published_polynomial(emulated, a, b, c):
    index = np.arange(25, 51)
    np.testing.assert_allclose(linear_quadratic(50, emulated)[25:], a * index**2 + b * index + c, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 25, 49, 50])
@pytest.mark.parametrize("factor", [1, 1.3, 5, 40])
def test_linear_quadratic_starts_like_the_emulated_schedule_and_reaches_one(steps, factor):
    emulated = int(np.ceil(steps * factor))
    times = linear_quadratic(steps, emulated)
    assert times.shape == (steps + 1,)
    assert times[0] == 0
    assert times[-1] == 1
    assert np.all(np.diff(times) > 0)
    linear = steps // 2
    np.testing.assert_allclose(times[: linear + 1], uniform(emulated)[: linear + 1], atol=1e-15)
    # Equal slope at the join: a quadratic's mean slope over its first step exceeds 1/N by its curvature alone.
    curvature = (1 - steps / emulated) / (steps - linear) ** 2
    assert times[linear + 1] - times[linear] == pytest.approx(1 / emulated + curvature)


def test_emulating_as_many_steps_is_uniform():
    np.testing.assert_allclose(linear_quadratic(7, 7), uniform(7), atol=1e-15)


def test_a_schedule_cannot_emulate_fewer_steps_than_it_takes():
    with pytest.raises(ValueError, match="cannot emulate fewer"):
        linear_quadratic(50, 49)


def test_shifted_moves_noise_levels_as_stable_diffusion_3_does():
    sigma = 1 - uniform(10)
    np.testing.assert_allclose(1 - shifted(10, 3.0), 3 * sigma / (1 + 2 * sigma), atol=1e-12)
    np.testing.assert_allclose(shifted(10, 1.0), uniform(10))
