import itertools

import numpy as np
import pytest

from serving.windows import Window, in_a_row, inner_ramp, ramp, spread, weights

CASES = [(1, 4, 2), (4, 4, 2), (5, 4, 2), (17, 4, 1), (32, 4, 2), (33, 8, 6), (10, 3, 0)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lay", [in_a_row, spread])
@pytest.mark.parametrize("rising", [ramp, inner_ramp])
def test_windows_cover_every_place_with_weights_that_sum_to_one(rising, lay, case):
    length, size, overlap = case
    windows = lay(*case)
    total = np.zeros(length)
    for window, weight in zip(windows, weights(windows, length, rising), strict=True):
        assert 1 <= window.length <= size
        assert (weight >= 0).all()
        total[window.places] += weight
    np.testing.assert_allclose(total, 1, rtol=1e-6)
    shared = [one.stop - other.start for one, other in itertools.pairwise(windows)]
    assert all(n >= overlap for n in shared)


def test_thirty_two_latents_are_fifteen_tiles_of_four_that_share_two():
    assert len(in_a_row(32, 4, 2)) == len(spread(32, 4, 2)) == 15
    assert in_a_row(5, 4, 2) == [Window(0, 4), Window(2, 5)]
    assert spread(5, 4, 2) == [Window(0, 4), Window(1, 5)]


def test_two_windows_are_blended_linearly():
    first, second = weights([Window(0, 6), Window(2, 8)], 8)
    rising = np.array([0.75, 1.75, 2.75, 3.75]) / 4.5
    np.testing.assert_allclose(first, [1, 1, *rising[::-1]], rtol=1e-6)
    np.testing.assert_allclose(second, [*rising, 1, 1], rtol=1e-6)


def test_what_is_worse_at_its_ends_is_blended_between_them():
    first, second = weights([Window(0, 6), Window(2, 8)], 8, inner_ramp)
    np.testing.assert_allclose(first, [1, 1, 1, 2 / 3, 1 / 3, 0], atol=1e-6)
    np.testing.assert_allclose(second, [0, 1 / 3, 2 / 3, 1, 1, 1], atol=1e-6)


def test_windows_that_never_get_on_and_places_left_out_are_refused():
    for lay in (in_a_row, spread):
        with pytest.raises(ValueError, match="cannot overlap"):
            lay(9, 4, 4)
    with pytest.raises(ValueError, match="no window covers place 2"):
        weights([Window(0, 2), Window(3, 5)], 5)
