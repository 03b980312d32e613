import numpy as np
import pytest

from serving.errors import RequestRefused
from serving.upsampling.budget import enlarger_fitting, predicted
from serving.upsampling.cascade import Enlarger

SOURCE, SIZE = (64, 112), (480, 854)
MIB = 1 << 20


def still(*, state, time, condition):
    return np.zeros_like(state)


def trial(shapes):
    """A call of a graph that takes 500 bytes for each place of the condition."""
    sizes = dict(shapes)
    assert sizes["state"][2:] == sizes["condition"][2:]
    return 500 * int(np.prod(sizes["condition"][2:]))


def test_more_memory_buys_larger_tiles_and_none_is_exceeded():
    sides = []
    for budget in (200, 300, 600, 2000):
        fit = enlarger_fitting(trial, Enlarger(still), SOURCE, SIZE, budget * MIB)
        assert predicted(trial, fit.enlarger, SOURCE, SIZE) < fit.predicted <= budget * MIB
        sides.append(fit.enlarger.tiles.side)
    assert sides == sorted(sides)
    assert sides[0] < sides[-1] == 256


def test_a_model_without_an_upsampler_takes_nothing_for_it():
    assert enlarger_fitting(trial, Enlarger(), SOURCE, SIZE, 1).predicted == 0


def test_a_budget_below_the_smallest_tiles_is_refused_with_what_they_take():
    with pytest.raises(RequestRefused, match=r"takes \d+ MiB in the smallest tiles.* give \d+ MiB or more"):
        enlarger_fitting(trial, Enlarger(still), SOURCE, SIZE, MIB)
