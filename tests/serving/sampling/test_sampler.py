import numpy as np
import pytest
from pydantic import ValidationError

from serving.sampling.sampler import Sampler
from serving.sampling.schedule import linear_quadratic, shifted, uniform


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({"schedule": "uniform"}, uniform(9)),
        ({"schedule": "linear_quadratic", "emulated_steps": 40}, linear_quadratic(9, 40)),
        ({"schedule": "shifted", "shift": 3.0}, shifted(9, 3.0)),
    ],
)
def test_its_schedule_is_the_one_that_it_names(fields, times):
    np.testing.assert_array_equal(Sampler(steps=9, **fields).times(), times)


def test_overrides_are_validated_like_the_original():
    sampler = Sampler(steps=10, emulated_steps=20)
    assert sampler.with_overrides(15, None).steps == 15
    assert sampler.with_overrides(None, 5.0).guidance == 5.0
    with pytest.raises(ValidationError, match="emulated_steps"):
        sampler.with_overrides(21, None)


def test_an_unknown_option_is_refused():
    with pytest.raises(ValidationError, match="caching"):
        Sampler(caching=True)


@pytest.mark.parametrize("solver", ["euler", "midpoint", "heun"])
def test_a_constant_velocity_is_integrated_exactly(solver):
    noise = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    sample = Sampler(solver=solver, steps=5).sample(lambda x, t: np.full_like(x, 2.0), noise)
    np.testing.assert_allclose(sample, noise + 2, rtol=1e-6)
