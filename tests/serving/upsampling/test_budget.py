import numpy as np

from serving.trial import Need
from serving.upsampling.budget import candidates, enlarging_need
from serving.upsampling.cascade import Enlarger
from serving.upsampling.tiles import Tiles

SOURCE, SIZE = (64, 112), (480, 854)


def still(*, state, time, condition):
    return np.zeros_like(state)


def trial(shape):
    """Doubling a tile that takes 800 bytes for each pixel, and keeps 500."""
    return Need(500 * int(np.prod(shape)), 800 * int(np.prod(shape)))


def test_tiles_become_smaller_and_only_the_largest_covers_the_picture():
    sides = [one.tiles.side for one in candidates(Enlarger(still), SOURCE, SIZE)]
    assert sides == [256, 192, 160, 128, 96, 64, 48, 32]
    assert [one.tiles.side for one in candidates(Enlarger(still), (32, 32), (64, 64))] == [32]
    assert candidates(Enlarger(), SOURCE, SIZE) == [Enlarger()]


def test_smaller_tiles_take_less():
    needs = [enlarging_need(trial, one, SOURCE, SIZE, 64) for one in candidates(Enlarger(still), SOURCE, SIZE)]
    peaks = [need.peak for need in needs]
    assert peaks == sorted(peaks, reverse=True)
    assert all(need.held < need.peak for need in needs)


def test_where_nothing_is_doubled_nothing_is_taken():
    assert enlarging_need(trial, Enlarger(), SOURCE, SIZE, 64) == Need(0, 0)
    assert enlarging_need(trial, Enlarger(still), SIZE, SIZE, 64) == Need(0, 0)


def test_the_largest_tile_of_all_doublings_is_tried():
    tried = []
    enlarging_need(lambda shape: (tried.append(shape), Need(0, 0))[1], Enlarger(still).in_tiles(64), SOURCE, SIZE, 9)
    assert tried == [(9, 64, 64)]  # of 64 x 112; those of 128 x 224 are 56 x 60


def test_the_frames_of_every_doubling_are_counted():
    enlarger = Enlarger(still, Tiles(frames=8, overlap=2, side=256))
    small, window = 3 * 64 * 112, 8
    once = enlarging_need(lambda shape: Need(0, 0), enlarger, SOURCE, (128, 224), 100)
    assert once == Need(small * (4 * window + 6), small * (18 + 4 * 2 + 2 * 4 * window))
    twice = enlarging_need(lambda shape: Need(0, 0), enlarger, SOURCE, (256, 448), 100)
    assert twice.held == 5 * once.held
    assert twice.peak == once.held + 4 * once.peak
    short = enlarging_need(lambda shape: Need(0, 0), enlarger, SOURCE, (128, 224), 4)
    assert short.peak == small * (4 + 4 * 2 + 2 * 4 * 4)


def test_what_a_tile_takes_counts_beside_what_is_written_by_then():
    enlarger, small, size = Enlarger(still, Tiles(side=32, side_overlap=0)), 3 * 64 * 64, 1 << 30
    found = enlarging_need(lambda shape: Need(0, size), enlarger, (64, 64), (128, 128), 100)
    window, given = 4 * 14 * small, (24 + 4 * 4) * small
    assert found.peak == size + given + window // 2 + window // 4
