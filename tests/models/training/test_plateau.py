import random
from collections.abc import Callable

import pytest
import torch

from models.training.plateau import Plateau
from models.training.schedule import learning_rate


@pytest.mark.parametrize(("patience", "improvement"), [(1, 0.0), (3, 0.0), (2, 0.02)])
def test_plateaus_are_those_of_torch(patience: int, improvement: float):
    chance = random.Random(patience)
    losses = [1 / (1 + 0.1 * step) + 0.3 + chance.gauss(0, 0.01) for step in range(80)]
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    torchs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=patience - 1, threshold=improvement, eps=0.0
    )
    plateau = Plateau(patience, improvement)
    rates = []
    for loss in losses:
        before = plateau.halvings
        assert plateau.observe(loss) == (plateau.halvings > before)
        torchs.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
        assert 0.5**plateau.halvings == rates[-1]
    assert 0 < rates[-1] < 0.5


def test_a_restored_plateau_goes_on_where_it_was():
    losses = [1.0, 0.9, 0.95, 0.92, 0.91, 0.93, 0.94, 0.5, 0.6, 0.6]
    whole = [(plateau := Plateau(3, 0.01)).observe(losses[0]), *map(plateau.observe, losses[1:])]
    assert whole.count(True) >= 1
    for cut in range(len(losses)):
        first = Plateau(3, 0.01)
        seen = [first.observe(loss) for loss in losses[:cut]]
        second = Plateau(3, 0.01)
        second.restore(first.state())
        assert seen + [second.observe(loss) for loss in losses[cut:]] == whole


def test_the_rate_is_halved_at_each_plateau_down_to_the_last(recipe: Callable):
    wanted = recipe(steps=100, warmup=2, learning_rate=6e-5, schedule="plateau", learning_rate_last=1e-5)
    rates = [learning_rate(wanted, 50, halvings) for halvings in range(5)]
    assert rates == pytest.approx([6e-5, 3e-5, 1.5e-5, 1e-5, 1e-5])
    assert learning_rate(wanted, 0, 1) == pytest.approx(1.5e-5)


def test_a_last_rate_above_the_first_never_raises_it(recipe: Callable):
    wanted = recipe(warmup=1, learning_rate=1e-3, schedule="plateau", learning_rate_last=1.0)
    assert learning_rate(wanted, 3, 2) == 1e-3
