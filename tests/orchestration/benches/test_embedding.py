import pytest

from orchestration.benches.embedding import adjusted_rand


def test_the_adjusted_rand_index_is_that_of_the_textbook_s_table():
    """Of six points: clusters {1, 2, 3} {4, 5, 6}, classes {1, 2} {3, 4} {5, 6}; by hand (2 - 1.2) / (4.5 - 1.2)."""
    assert adjusted_rand([0, 0, 0, 1, 1, 1], list("aabbcc")) == pytest.approx((2 - 1.2) / (4.5 - 1.2))


def test_the_same_parting_is_one_whatever_the_names_and_one_cluster_is_zero():
    assert adjusted_rand([2, 2, 0, 1], list("xxyz")) == 1.0
    assert adjusted_rand([0, 0, 0, 0], list("aabb")) == pytest.approx(0.0)
