import torch

from models.flow import fixed_noise, flow_loss, flow_losses, logit_normal_times, validation_flow_loss, velocity

LATENT = torch.randn(6, 4, 3)


def test_the_loss_of_the_true_velocity_is_zero():
    noise, times = torch.randn_like(LATENT), logit_normal_times(6)
    assert flow_loss(lambda _x, _t: velocity(LATENT, noise), LATENT, times, noise) == 0


def test_the_loss_of_a_zero_velocity_is_the_mean_square_of_the_velocity():
    noise, times = torch.randn_like(LATENT), logit_normal_times(6)
    losses = flow_losses(lambda x, _t: torch.zeros_like(x), LATENT, times, noise)
    torch.testing.assert_close(losses, velocity(LATENT, noise).square().mean((1, 2)))
    torch.testing.assert_close(flow_loss(lambda x, _t: torch.zeros_like(x), LATENT, times, noise), losses.mean())


def test_the_best_possible_model_of_gaussian_data_reaches_the_closed_form_loss():
    # X_1, X_0 ~ N(0, 1): E[V | X_t] = (t - s) / (t^2 + s^2) X_t with s = 1 - t, and the rest of V has variance
    # 2 - (t - s)^2 / (t^2 + s^2).
    generator = torch.Generator().manual_seed(0)
    latent, noise = (torch.randn(4, 50_000, generator=generator) for _ in range(2))
    times = torch.tensor([0.1, 0.4, 0.5, 0.8])
    kept = times - (1 - times)
    total = times**2 + (1 - times) ** 2
    losses = flow_losses(lambda x, _t: (kept / total)[:, None] * x, latent, times, noise)
    torch.testing.assert_close(losses, 2 - kept**2 / total, rtol=0.02, atol=0)


def test_fixed_noise_depends_on_shape_and_seed_alone():
    assert torch.equal(fixed_noise((2, 3), 5), fixed_noise([2, 3], 5))
    assert not torch.equal(fixed_noise((2, 3), 5), fixed_noise((2, 3), 6))


def test_the_validation_loss_repeats_exactly_and_looks_at_each_sample_at_spread_times():
    seen = []

    def velocity_fn(x, t):
        seen.append(t)
        return x * t[:, None, None]

    first = validation_flow_loss(velocity_fn, LATENT)
    assert torch.equal(first, validation_flow_loss(velocity_fn, LATENT))
    times = torch.stack(seen[:4])
    assert bool((times.diff(dim=0) > 0).all())
    assert times.unique().numel() == 24
