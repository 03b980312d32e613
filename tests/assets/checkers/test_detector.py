import numpy as np
import pytest

from assets.checkers.detector import STRIDE, resized, targets_of
from assets.checkers.patches import SHORT, Shown


def _shown(x, y, extent, share=1.0):
    return Shown(x, y, extent, 0, 0, share)


def test_the_cells_about_a_centre_are_asked_and_point_to_it():
    targets = targets_of([_shown(37.0, 70.0, 40.0)], SHORT, SHORT)
    rows, columns = np.nonzero(targets.there == 1)
    assert len(rows) >= 4
    x = (columns + 0.5 + targets.place[0, rows, columns]) * STRIDE
    y = (rows + 0.5 + targets.place[1, rows, columns]) * STRIDE
    assert x == pytest.approx(np.full(len(rows), 37.0), abs=1e-4)
    assert y == pytest.approx(np.full(len(rows), 70.0), abs=1e-4)
    assert 32 * 2 ** targets.place[2, rows, columns] == pytest.approx(np.full(len(rows), 40.0), abs=1e-4)


def test_nobody_is_asked_for_a_thing_that_is_hidden():
    targets = targets_of([_shown(64.0, 64.0, 40.0, share=0.2)], SHORT, SHORT)
    assert set(np.unique(targets.there)) == {-1, 0}


def test_of_two_things_each_cell_answers_for_the_nearer():
    targets = targets_of([_shown(60.0, 64.0, 40.0), _shown(70.0, 64.0, 40.0)], SHORT, SHORT)
    row = 64 // STRIDE
    assert targets.there[row, 60 // STRIDE] == targets.there[row, 70 // STRIDE] == 1
    assert targets.place[0, row, 60 // STRIDE] * STRIDE == pytest.approx(60.0 - 62.0)
    assert targets.place[0, row, 70 // STRIDE] * STRIDE == pytest.approx(70.0 - 70.0)


def test_the_smallest_thing_is_asked_for_wherever_it_is():
    for shift in np.linspace(0, STRIDE, 7):
        assert (targets_of([_shown(50 + shift, 50 + shift, 14.0)], SHORT, SHORT).there == 1).any()


@pytest.mark.parametrize(
    ("size", "expected"), [((256, 256), (128, 128)), ((128, 228), (128, 224)), ((320, 180), (224, 128))]
)
def test_frames_come_to_the_size_that_things_are_looked_for_at(size, expected):
    assert resized(np.zeros((2, *size, 3), np.uint8)).shape == (2, *expected, 3)
