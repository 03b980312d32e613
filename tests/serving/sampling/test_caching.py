import numpy as np
import pytest

from serving.errors import CalibrationMissing
from serving.sampling.caching import Calibration, calibrated
from serving.sampling.sampler import Sampler

NOISE = np.random.default_rng(0).standard_normal((4, 40)).astype(np.float32)
OTHER = np.random.default_rng(1).standard_normal((8, 40)).astype(np.float32)
EULER = Sampler(schedule="uniform", steps=20)


def swirl(x, t):
    """A velocity that depends on place and time, fast at first."""
    return (np.roll(x, 1, axis=-1) * np.cos(3 * t) + np.tanh(x) * np.exp(-8 * t)).astype(np.float32)


def counted(velocity):
    times = []

    def call(x, t):
        times.append(t)
        return velocity(x, t)

    return call, times


def test_a_velocity_that_never_changes_is_computed_once():
    plan = calibrated(lambda x, t: np.full_like(x, 2.0), NOISE, EULER).plan(EULER, 0.01)
    assert plan.reused == 19
    velocity, times = counted(lambda x, t: np.full_like(x, 2.0))
    np.testing.assert_allclose(EULER.sample(plan.over(velocity), OTHER), OTHER + 2, atol=1e-5)
    assert times == [0.0]


def test_one_that_is_linear_in_time_is_computed_twice_and_followed_exactly():
    def field(x, t):
        return np.full_like(x, 1 + 2 * t)

    plan = calibrated(field, NOISE, EULER).plan(EULER, 0.01)
    velocity, times = counted(field)
    np.testing.assert_allclose(EULER.sample(plan.over(velocity), OTHER), EULER.sample(field, OTHER), atol=1e-5)
    assert len(times) == 2


@pytest.mark.parametrize("bound", [0.02, 0.1, 0.3])
@pytest.mark.parametrize(
    "fields",
    [
        {"schedule": "uniform", "steps": 20},
        {"schedule": "uniform", "steps": 33},
        {"schedule": "shifted", "shift": 2.0, "steps": 15},
        {"schedule": "linear_quadratic", "steps": 16, "emulated_steps": 60},
    ],
)
def test_each_reused_velocity_is_within_the_bound_of_the_true_one_on_other_noise(bound, fields):
    sampler = Sampler(**fields)
    plan = calibrated(swirl, NOISE, EULER).plan(sampler, bound)
    over, steps, errors = plan.over(swirl), iter(plan.sources), []

    def compared(x, t):
        taken, true = over(x, t), swirl(x, t)
        if next(steps) is not None:
            errors.append(np.sqrt(np.mean((taken - true) ** 2) / np.mean(true**2)))
        else:
            np.testing.assert_array_equal(taken, true)
        return taken

    sampler.sample(compared, OTHER)
    assert len(errors) == plan.reused
    assert max(errors, default=0) <= bound


def test_a_wider_bound_never_reuses_fewer_steps_and_a_tight_one_none():
    table = calibrated(swirl, NOISE, EULER)
    reused = [table.plan(EULER, bound).reused for bound in (1e-4, 0.02, 0.1, 0.3)]
    assert reused == sorted(reused)
    assert reused[0] == 0 < reused[-1]


def test_a_calibration_survives_its_json():
    table = calibrated(swirl, NOISE, EULER)
    assert Calibration.model_validate_json(table.model_dump_json()) == table


def test_another_guidance_than_was_measured_is_refused():
    table = calibrated(swirl, NOISE, EULER)
    with pytest.raises(CalibrationMissing, match="guidance 3, not for guidance 5"):
        table.plan(EULER.model_copy(update={"guidance": 5.0}), 0.1)
    with pytest.raises(CalibrationMissing, match=r"not for guidance 3 from 0\.1 to 0\.8"):
        table.plan(EULER.model_copy(update={"guidance_interval": (0.1, 0.8)}), 0.1)


def test_a_table_that_is_no_triangle_is_refused():
    with pytest.raises(ValueError, match="rows of 1, 2"):
        Calibration(guidance=3.0, guidance_interval=None, times=(0.0, 1.0), products=((1.0,), (1.0,)))
