import math
from collections.abc import Callable

import pytest

from models.training.schedule import learning_rate


def test_the_rate_warms_up_linearly_and_stays(recipe: Callable):
    constant = recipe(steps=100, warmup=10, learning_rate=1.0)
    assert [learning_rate(constant, step) for step in (0, 4, 9, 50, 99)] == pytest.approx([0.1, 0.5, 1, 1, 1])


def test_the_cosine_is_at_half_in_the_middle_and_ends_at_zero(recipe: Callable):
    cosine = recipe(steps=110, warmup=10, learning_rate=2.0, schedule="cosine")
    assert learning_rate(cosine, 60) == pytest.approx(1.0)
    assert learning_rate(cosine, 35) == pytest.approx(1 + math.cos(math.pi / 4))
    assert learning_rate(cosine, 110) == pytest.approx(0.0)
