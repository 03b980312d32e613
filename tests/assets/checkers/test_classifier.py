import numpy as np
import pytest

from assets.checkers.classifier import Classifier, fit


def _clouds(count, seed):
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, count)
    middles = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
    return middles[classes] + rng.normal(0, 0.5, (count, 2)), classes


@pytest.mark.parametrize("batch", [None, 64])
def test_clouds_that_lie_apart_are_told_apart_with_all_rows_at_a_time_or_some(batch):
    table, classes = _clouds(300, 0)
    made = fit(table, classes, 3, 0, hidden=16, steps=150, batch=batch)
    others, true = _clouds(200, 1)
    chances = made.probabilities(others)
    assert chances.sum(axis=1) == pytest.approx(1)
    assert (chances.argmax(axis=1) == true).mean() > 0.97
    again = fit(table, classes, 3, 0, hidden=16, steps=150, batch=batch)
    assert np.array_equal(again.weights[0], made.weights[0])


def test_what_is_written_judges_like_what_was_fitted(tmp_path):
    table, classes = _clouds(100, 0)
    made = fit(table, classes, 3, 0, hidden=8, steps=50)
    made.save(tmp_path / "weights.safetensors")
    read = Classifier.load(tmp_path / "weights.safetensors")
    assert read.probabilities(table) == pytest.approx(made.probabilities(table), abs=2e-3)
    assert read.weights[0].dtype == np.float32
