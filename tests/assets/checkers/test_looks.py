from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.looks import FILLED, NOTHING, SIDE, cutting, cuttings
from assets.checkers.patches import Picture, Shown


def _square(x, y, side):
    """A white square on black, and its truth."""
    pixels = np.zeros((96, 96, 3), np.uint8)
    pixels[y - side // 2 : y + side // 2, x - side // 2 : x + side // 2] = 255
    return Picture(pixels, (Shown(float(x), float(y), float(side), 5, 2, 1.0),))


@pytest.mark.parametrize("side", [16, 34, 56])
def test_a_thing_fills_its_cutting_to_the_measure_and_stands_in_its_middle(side):
    one = _square(44, 50, side)
    cut = cutting(one.pixels, 44, 50, side)[..., 0] > 127
    assert np.count_nonzero(cut) ** 0.5 == pytest.approx(FILLED, abs=1.1)
    rows, columns = np.nonzero(cut)
    assert rows.mean() + 0.5 == pytest.approx(SIDE / 2, abs=0.6)
    assert columns.mean() + 0.5 == pytest.approx(SIDE / 2, abs=0.6)


def test_what_lies_beyond_the_frame_is_grey():
    cut = cutting(np.zeros((64, 64, 3), np.uint8), 0, 32, 20)
    assert (cut[:, 0] == 128).all()
    assert (cut[:, -1] == 0).all()


def test_training_cuttings_point_to_their_things():
    one = _square(44, 50, 30)
    pictures, kinds, colours, places = cuttings(np.random.default_rng(0), [one] * 8)
    true = kinds != NOTHING
    assert true.sum() == 16
    assert (kinds[true] == 5).all()
    assert (colours[true] == 2).all()
    for cut, (right, down, larger) in zip(pictures[true], places[true], strict=True):
        rows, columns = np.nonzero(cut[..., 0] > 127)
        inside = rows.min() > 0 and rows.max() < SIDE - 1 and columns.min() > 0 and columns.max() < SIDE - 1
        if inside:
            assert columns.mean() + 0.5 == pytest.approx(SIDE / 2 + right * FILLED, abs=1)
            assert rows.mean() + 0.5 == pytest.approx(SIDE / 2 + down * FILLED, abs=1)
            assert np.ptp(rows) + 1 == pytest.approx(FILLED * 2**larger, abs=2)


def test_cuttings_of_nothing_do_not_show_a_thing_to_its_measure():
    one = _square(44, 50, 30)
    pictures, kinds, _, _ = cuttings(np.random.default_rng(1), [one] * 40)
    shares = [(cut[..., 0] == 255).mean() for cut in pictures[kinds == NOTHING]]
    whole = (FILLED / SIDE) ** 2
    assert len(shares) >= 20
    assert np.mean([abs(share - whole) < 0.1 * whole for share in shares]) < 0.15


def test_what_a_detector_took_for_a_thing_is_cut_as_one_where_it_is_one():
    one = replace(_square(44, 50, 30), taken=((46.0, 50.0, 33.0), (12.0, 14.0, 20.0)))
    rng = np.random.default_rng(0)
    _, kinds, _, places = cuttings(rng, [one])
    assert places[(kinds == 5) & np.isclose(places[:, 0], -2 / 33)].shape == (1, 3)
    alone = replace(one, shown=())
    _, kinds, _, _ = cuttings(rng, [alone] * 40)
    assert (kinds == NOTHING).all()
    assert len(kinds) >= 80
