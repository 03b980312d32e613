import numpy as np
import pytest
from scipy.optimize import minimize

from assets.checkers.contrastive.calibration import line


def test_the_line_is_the_balanced_logistic_regression():
    rng = np.random.default_rng(0)
    right, wrong = rng.normal(0.6, 0.2, 50), rng.normal(0.2, 0.2, 400)

    def loss(found):
        slope, offset = found
        return np.logaddexp(0, -(slope * right + offset)).mean() + np.logaddexp(0, slope * wrong + offset).mean()

    expected = minimize(loss, (1.0, 0.0), method="BFGS").x
    assert line(right, wrong) == pytest.approx(expected, rel=0.02)


def test_sides_that_do_not_overlap_have_a_finite_line_between_them():
    slope, offset = line(np.array([0.8, 0.9]), np.array([0.0, 0.1, 0.2]))
    assert np.isfinite(slope)
    assert 0.2 < -offset / slope < 0.8
