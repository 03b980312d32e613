import numpy as np
import pytest

from assets.curation.signals.events import CLASSES
from assets.curation.signals.events_scores import average_precision, evaluate, listened


def test_average_precision_is_the_mean_of_precisions_at_each_true_one():
    scores, right = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, True])
    assert average_precision(scores, right) == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert average_precision(-scores, ~right) == pytest.approx(1 / 3)


def test_listening_gives_a_row_for_every_half_second_with_a_second_before_it():
    assert listened(np.zeros(4 * 48_000, np.float32)).shape == (7, len(CLASSES))


def test_scores_are_of_the_classes_that_occur():
    scores = evaluate(6)
    assert scores
    assert all(0 < one.average_precision <= 1 and 0 < one.clips < 6 for one in scores.values())
    assert all(0 <= part <= 1 for one in scores.values() for part in (one.accuracy, one.precision, one.recall))
