import torch

from models.autoencoder.losses import divergence, gradient_error, outlier_penalty
from models.autoencoder.network import Posterior


def by_loops(latents, radius):
    """The formula of Movie Gen, position by position."""
    total, count = 0.0, 0
    for clip in latents:
        for frame in clip:
            positions = [frame[i, j] for i in range(frame.shape[0]) for j in range(frame.shape[1])]
            mu = sum(positions) / len(positions)
            sd = (sum((x - mu) ** 2 for x in positions) / len(positions)).sqrt()
            for x in positions:
                total += max(float((x - mu).norm() - radius * sd.norm()), 0.0)
                count += 1
    return total / count


def latent():
    return torch.randn(2, 3, 6, 5, 4, generator=torch.Generator().manual_seed(0))


def test_the_outlier_penalty_is_the_formula_of_movie_gen():
    planted = latent()
    planted[0, 1, 2, 3] += 20.0
    for radius in (0.5, 3.0):
        expected = by_loops(planted, radius)
        assert expected > 0
        torch.testing.assert_close(outlier_penalty(planted, radius), torch.tensor(expected))


def test_gaussian_latents_have_no_outliers():
    assert outlier_penalty(latent(), 3.0) == 0.0


def test_a_latent_of_one_value_has_a_finite_gradient():
    flat = torch.ones(1, 1, 4, 4, 2, requires_grad=True)
    outlier_penalty(flat, 3.0).backward()
    assert torch.isfinite(flat.grad).all()


def test_the_divergence_is_that_of_torch_distributions():
    mean, logvar = latent(), latent().flip(0)
    posterior = torch.distributions.Normal(mean, (0.5 * logvar).exp())
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(divergence(Posterior(mean, logvar)), expected)


def test_the_error_of_differences_is_the_mean_over_neighbours_on_every_axis_there_is():
    ramp = torch.zeros(1, 3, 4, 5, 1)
    ramp += 2.0 * torch.arange(3).view(1, 3, 1, 1, 1) - 3.0 * torch.arange(5).view(1, 1, 1, 5, 1)
    torch.testing.assert_close(gradient_error(ramp), torch.tensor((2.0 + 0.0 + 3.0) / 3))
    torch.testing.assert_close(gradient_error(ramp[:, :1]), torch.tensor((0.0 + 3.0) / 2))
