import numpy as np

from serving.decoding.budget import candidates, decoding_need
from serving.decoding.tiles import Tiles
from serving.trial import Need

LATENT = (16, 12, 32, 40)


def trial(shape):
    """A call of a graph that takes 90 KiB for each latent position, and keeps 70."""
    positions = 1024 * int(np.prod(shape[1:]))
    return Need(70 * positions, 90 * positions)


def nothing(shape):
    return Need(0, 0)


def test_tiles_become_smaller_down_to_64_pixels_and_all_cut_the_latent_differently():
    ladder = candidates(LATENT)
    shapes = [tiles.latent_shape(LATENT[1:]) for tiles in ladder]
    assert (ladder[0], shapes[-1]) == (Tiles(), (2, 8, 8))
    sizes = [int(np.prod(shape)) for shape in shapes]
    assert sizes == sorted(set(sizes), reverse=True)


def test_smaller_tiles_take_less():
    peaks = [decoding_need(trial, LATENT, tiles).peak for tiles in candidates(LATENT)]
    assert peaks == sorted(peaks, reverse=True)


def test_what_is_held_beside_the_graph_is_counted():
    pixels, floats = 64 * 32 * 40, 12
    whole = decoding_need(nothing, LATENT, Tiles())
    assert whole == Need(0, max(16 * floats, 8 * 30) * pixels)
    tiled = decoding_need(nothing, LATENT, Tiles(32, 16, 64, 16))
    assert tiled == Need(32 * floats * pixels, whole.peak + 32 * floats * pixels)


def test_what_the_graph_keeps_is_held():
    assert decoding_need(trial, LATENT, Tiles()).held == 70 * 1024 * 4 * 32 * 40
