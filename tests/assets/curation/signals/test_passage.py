import numpy as np
import pytest

from assets.checkers.tracking import Pair
from assets.curation.signals.passage import Passage


def pair(share, looked_for=100):
    found = np.zeros((round(share * looked_for), 2))
    return Pair(found, found, looked_for, (128, 128))


def passage(*shares):
    seen = Passage()
    for number, share in enumerate(shares):
        seen.add(number / 8, (number + 1) / 8, pair(share))
    return seen


def test_corners_go_through_what_every_step_keeps_enough_of():
    assert passage(0.9, 0.8, 0.9).through(0.0, 3 / 8)
    assert passage(0.9, 0.2, 0.9).through(1 / 8, 2 / 8)
    assert not passage(0.9, 0.05, 0.9).through(1 / 8, 2 / 8)


def test_losses_of_many_steps_add_up_as_in_a_dissolve():
    assert passage(0.6, 0.4, 0.6).through(1 / 8, 2 / 8)
    assert not passage(0.6, 0.4, 0.6).through(0.0, 3 / 8)


def test_a_cut_lies_in_the_step_that_spans_it_and_not_in_those_beside_it():
    seen = passage(0.9, 0.01, 0.9)
    assert not seen.through(0.16, 0.20)
    assert seen.through(0.04, 0.08)
    assert seen.through(0.0, 1 / 8)


@pytest.mark.parametrize(("first", "last"), [(0.2, 0.5), (-0.1, 0.1)])
def test_where_nobody_looked_nothing_is_known_to_go_through(first, last):
    assert not passage(1.0, 1.0).through(first, last)
    assert not Passage().through(first, last)


def test_an_empty_picture_and_one_of_another_shape_let_nothing_through():
    seen = Passage()
    seen.add(0.0, 0.125, pair(1.0, looked_for=0))
    seen.add(0.125, 0.25, None)
    assert not seen.through(0.0, 0.125)
    assert not seen.through(0.125, 0.25)
