import torch

from models.flow import SIGMA_MIN, position, velocity

LATENT = torch.randn(3, 4, 2, 5, dtype=torch.float64)
NOISE = torch.randn(3, 4, 2, 5, dtype=torch.float64)


def at(time):
    return position(LATENT, NOISE, torch.full((3,), time, dtype=torch.float64))


def test_a_path_starts_at_the_noise():
    assert torch.equal(at(0.0), NOISE)


def test_a_path_ends_at_the_data_but_for_sigma_min():
    torch.testing.assert_close(at(1.0), LATENT + SIGMA_MIN * NOISE, rtol=0, atol=1e-15)


def test_the_finite_difference_of_the_position_is_the_velocity():
    step = 1e-3
    for time in (0.1, 0.5, 0.9):
        difference = (at(time + step) - at(time - step)) / (2 * step)
        torch.testing.assert_close(difference, velocity(LATENT, NOISE), rtol=0, atol=1e-10)


def test_each_sample_has_a_time_of_its_own():
    mixed = position(LATENT, NOISE, torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64))
    assert torch.equal(mixed, torch.stack([at(0.0)[0], at(0.5)[1], at(1.0)[2]]))
