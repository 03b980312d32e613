import torch
from scipy.stats import kstest, norm

from models.flow import logit_normal_times, validation_times


def test_training_times_follow_the_logit_normal_law():
    times = logit_normal_times(4000, torch.Generator().manual_seed(0))
    assert kstest(torch.logit(times.double()).numpy(), norm.cdf).pvalue > 1e-3
    assert abs(times.mean() - 0.5) < 0.01


def test_a_generator_makes_training_times_repeatable():
    first, second = (logit_normal_times(5, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)


def test_validation_times_are_the_mid_quantiles_of_that_law():
    times = validation_times(64)
    expected = torch.from_numpy(norm.ppf((torch.arange(64).numpy() + 0.5) / 64)).sigmoid().float()
    torch.testing.assert_close(times, expected, rtol=0, atol=1e-6)
    assert bool((times.diff() > 0).all())
    torch.testing.assert_close(times.mean(), torch.tensor(0.5))
