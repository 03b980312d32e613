import numpy as np
import pytest
from pydantic import ValidationError

from serving.errors import RequestRefused
from serving.sampling.sampler import Overrides, Sampler
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
    assert sampler.with_overrides(Overrides()) == sampler
    assert sampler.with_overrides(Overrides(steps=15)) == Sampler(steps=15, emulated_steps=20)
    everything = Overrides("heun", "shifted", 3, None, 2.0, 5.0, (0.1, 0.8))
    assert sampler.with_overrides(everything) == Sampler(
        solver="heun",
        schedule="shifted",
        steps=3,
        emulated_steps=20,
        shift=2.0,
        guidance=5.0,
        guidance_interval=(0.1, 0.8),
    )


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (Overrides(steps=21), "emulated_steps .20. must be at least steps .21."),
        (Overrides(steps=0), "steps"),
        (Overrides(solver="dopri5"), "solver"),
        (Overrides(schedule="uniform", emulated_steps=50), "only linear_quadratic reads it"),
        (Overrides(shift=3.0), "only shifted reads it"),
        (Overrides(schedule="shifted"), "needs a shift"),
        (Overrides(guidance=1.0, guidance_interval=(0.0, 0.5)), "guidance other than 1"),
        (Overrides(guidance_interval=(0.5, 0.5)), "rising"),
        (Overrides(guidance_interval=(0.5, 1.5)), "rising"),
        (Overrides(solver="heun", cache=0.05), "cache does not combine with the solver heun"),
        (Overrides(cache=0.0), "cache"),
        (Overrides(student=3), "1, 2, 4"),
        (Overrides(student=4, steps=4), "steps does not combine with student"),
        (Overrides(student=4, cache=0.1, guidance=2.0), "cache, guidance does not combine with student"),
    ],
)
def test_what_does_not_fit_together_is_refused_and_not_ignored(overrides, reason):
    with pytest.raises(RequestRefused, match=reason):
        Sampler(steps=10, emulated_steps=20).with_overrides(overrides)


def test_a_student_takes_equal_steps_without_guidance():
    student = Sampler(steps=10, emulated_steps=20, guidance=5.0).with_overrides(Overrides(student=4))
    np.testing.assert_array_equal(student.times(), uniform(4))
    assert (student.solver, student.guidance, student.student) == ("euler", 1.0, 4)


def test_an_unknown_option_is_refused():
    with pytest.raises(ValidationError, match="caching"):
        Sampler(caching=True)


@pytest.mark.parametrize("solver", ["euler", "midpoint", "heun"])
def test_a_constant_velocity_is_integrated_exactly(solver):
    noise = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    sample = Sampler(solver=solver, steps=5).sample(lambda x, t: np.full_like(x, 2.0), noise)
    np.testing.assert_allclose(sample, noise + 2, rtol=1e-6)
