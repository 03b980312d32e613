import numpy as np
import pytest

from assets.checkers.scores import balanced, f1, wilson


def test_the_wilson_interval_solves_its_defining_equation():
    share, trials = 0.9, 200
    for edge in wilson(share, trials):
        assert (share - edge) ** 2 == pytest.approx(1.959964**2 * edge * (1 - edge) / trials)


def test_balanced_accuracy_is_the_mean_of_the_classes_recalls_whatever_their_sizes():
    true = ["yes"] * 90 + ["no"] * 10
    score = balanced(["yes"] * 100, true)
    assert score.value == 0.5
    assert score.low < 0.5 < score.high


def test_more_answers_of_the_same_clips_narrow_no_interval():
    said, true = ["yes", "no", "yes", "no", "no"] * 20, ["yes", "no"] * 50
    once, thrice = balanced(said, true), balanced(said * 3, true * 3, clips=100)
    assert (thrice.low, thrice.high, thrice.clips) == pytest.approx((once.low, once.high, 100))


def test_f1_of_counts_is_that_of_their_sums():
    score = f1([(3, 1, 0), (1, 0, 2)])
    precision, recall = 4 / 5, 4 / 6
    assert score.value == pytest.approx(2 * precision * recall / (precision + recall))
    assert score.low <= score.value <= score.high


def test_nothing_to_score_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        balanced([], [])
    with pytest.raises(ValueError, match="not defined"):
        f1([(0, 0, 0)])


def test_a_rare_class_widens_the_interval():
    even = balanced(["a"] * 50 + ["b"] * 50, ["a"] * 50 + ["b"] * 50)
    skewed = balanced(["a"] * 95 + ["b"] * 5, ["a"] * 95 + ["b"] * 5)
    assert np.isclose(even.value, skewed.value)
    assert skewed.low < even.low
