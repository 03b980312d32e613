import torch

from models.training.draws import draw


def test_ranks_draw_their_own_part_of_the_global_batch():
    def part(first: int, count: int):
        return draw(torch.Size([count, 16, 1, 2, 2]), seed=5, step=7, first=first, dropout=0.5)

    whole = part(0, 8)
    halves = [part(0, 4), part(4, 4)]
    for name in ("noise", "times", "dropped", "given"):
        assert torch.equal(torch.cat([getattr(half, name) for half in halves]), getattr(whole, name))


def test_noise_is_standard_normal_and_times_are_logit_normal():
    draws = draw(torch.Size([4000, 4]), seed=0, step=0, first=0, dropout=0.1)
    assert abs(draws.noise.mean()) < 0.04
    assert abs(draws.noise.std() - 1) < 0.03
    normal = torch.logit(draws.times)
    assert abs(normal.mean()) < 0.07
    assert abs(normal.std() - 1) < 0.06
    assert abs(draws.dropped.float().mean() - 0.1) < 0.02


def test_steps_and_seeds_draw_differently():
    def noise(seed: int, step: int) -> torch.Tensor:
        return draw(torch.Size([2, 4]), seed=seed, step=step, first=0, dropout=0).noise

    assert not torch.equal(noise(0, 1), noise(0, 2))
    assert not torch.equal(noise(0, 1), noise(1, 1))
    assert not torch.equal(noise(0, 1), noise(1, 0))
