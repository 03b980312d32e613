import numpy as np
import pytest

from serving.decoding.budget import candidates, fitting, predicted
from serving.decoding.tiles import Tiles
from serving.errors import RequestRefused

LATENT = (16, 12, 32, 40)
MIB = 1 << 20


def trial(shape):
    """A call of a graph that takes 70 KiB for each latent position."""
    return 70 * 1024 * int(np.prod(shape[1:]))


def test_more_memory_buys_larger_tiles_and_none_is_exceeded():
    sizes = []
    for budget in (50, 80, 150, 300, 1000):
        fit = fitting(trial, LATENT, budget * MIB)
        assert fit.predicted == predicted(trial, LATENT, fit.tiles) < budget * MIB
        sizes.append(int(np.prod(fit.tiles.latent_shape(LATENT[1:]))))
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert fit.tiles == Tiles()


def test_the_next_larger_tiles_would_not_have_fitted():
    ladder = candidates(LATENT)
    fit = fitting(trial, LATENT, 150 * MIB)
    larger = ladder[ladder.index(fit.tiles) - 1]
    assert predicted(trial, LATENT, larger) * 1.15 > 150 * MIB


def test_what_is_held_beside_the_graph_is_counted():
    pixels, floats = 64 * 32 * 40, 12
    whole = predicted(lambda shape: 0, LATENT, Tiles())
    assert whole == max(16 * floats, 8 * 30) * pixels
    tiled = predicted(lambda shape: 0, LATENT, Tiles(32, 16, 64, 16))
    assert tiled == whole + 32 * floats * pixels


def test_a_budget_below_the_smallest_tiles_is_refused_with_what_they_take():
    with pytest.raises(RequestRefused, match=r"takes \d+ MiB in the smallest tiles; 5 are too few"):
        fitting(trial, LATENT, 5 * MIB)
