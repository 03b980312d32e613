import math

import pytest
import torch

from models.ablations.diffusion import LEVELS, Diffusion, cosine, linear
from models.flow import position, velocity

SCHEDULES = pytest.mark.parametrize("signal", [cosine(), linear()], ids=["cosine", "linear"])


def oracle(signal, data):
    """The true v when ``data`` is all that there is."""

    def predict(state, times):
        place = times.double() * LEVELS
        below = place.floor().long().clamp(max=LEVELS - 1)
        a = torch.lerp(signal[below], signal[below + 1], place - below)[:, None]
        s = (1 - a.square()).sqrt()
        return (a * (state - a * data) / s - s * data).to(state)

    return predict


@SCHEDULES
def test_a_schedule_rises_from_no_signal_to_no_noise(signal):
    assert signal[0] == 0
    assert signal[-1] == pytest.approx(1, abs=1e-12)
    assert bool((signal.diff() > 0).all())


def test_the_linear_schedule_keeps_its_first_level_as_rescaling_does():
    assert linear()[-2] == pytest.approx(math.sqrt(1 - 1e-4))


@SCHEDULES
def test_data_and_noise_are_recovered_from_v(signal):
    torch.manual_seed(0)
    data, noise = torch.randn(2, 6, 3, dtype=torch.float64)
    times = torch.tensor([0, 0.2, 0.5, 0.61, 0.9, 1.0])
    a = signal[(times * LEVELS).round().long()][:, None]
    s = (1 - a.square()).clamp(min=0).sqrt()
    found = Diffusion(signal).parts(a * data + s * noise, a * noise - s * data, times)
    assert torch.allclose(found[0], data, atol=1e-6)
    assert torch.allclose(found[1], noise, atol=1e-6)


@SCHEDULES
def test_the_loss_of_the_true_v_is_zero_and_of_none_is_that_of_v(signal):
    data, noise = torch.ones(400, 2), torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    diffusion, draw = Diffusion(signal), torch.Generator().manual_seed(1)
    assert diffusion.loss(oracle(signal, torch.ones(1, 2)), data, noise, draw) < 1e-6
    assert diffusion.loss(lambda x, t: torch.zeros_like(x), data, noise, draw) == pytest.approx(1, abs=0.15)


@SCHEDULES
def test_ddim_with_a_perfect_model_recovers_the_data(signal):
    data = torch.tensor([[0.3, -2.0, 1.5]])
    noise = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    found = Diffusion(signal).sample(oracle(signal, data), noise, 25)
    assert torch.allclose(found, data.expand(4, 3), atol=1e-4)


@SCHEDULES
def test_ddim_carries_noise_to_a_normal_law_as_its_equation_does(signal):
    mean, deviation = 1.5, 0.5

    def best(state, times):
        a = signal[(times * LEVELS).round().long()][:, None]
        s = (1 - a.square()).sqrt()
        data = mean + a * deviation**2 * (state - a * mean) / (a**2 * deviation**2 + s**2)
        return (a * (state - a * data) / s - s * data).to(state)

    noise = torch.linspace(-2, 2, 9)[:, None]
    found = Diffusion(signal).sample(best, noise, 500)
    assert torch.allclose(found, mean + deviation * noise, atol=0.02)


@SCHEDULES
def test_the_implied_velocity_of_a_perfect_model_is_the_straight_paths(signal):
    torch.manual_seed(0)
    data, noise = torch.randn(1, 3), torch.randn(5, 3)
    times = torch.tensor([0.01, 0.2, 0.5, 0.8, 0.97])
    implied = Diffusion(signal).velocity(oracle(signal, data))
    found = implied(position(data.expand(5, 3), noise, times), times)
    assert torch.allclose(found, velocity(data.expand(5, 3), noise), atol=2e-3)


def test_steps_that_do_not_divide_the_levels_are_refused():
    with pytest.raises(ValueError, match="divide"):
        Diffusion(cosine()).sample(lambda x, t: x, torch.zeros(1, 1), 7)
