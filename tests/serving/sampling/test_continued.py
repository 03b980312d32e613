import numpy as np
import pytest

from serving.sampling.continued import Continued
from serving.sampling.schedule import linear_quadratic
from serving.sampling.solver import SOLVERS, integrate


def draw(*shape):
    return np.random.default_rng(len(shape) + shape[2]).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("solver", SOLVERS)
def test_known_frames_are_on_the_straight_path_at_every_time_and_end_as_they_are(solver):
    noise, known = draw(1, 2, 5, 3, 3), draw(1, 2, 2, 3, 3)
    seen = []

    def model(x, t):
        seen.append((t, x[:, :, :2].copy()))
        return np.sin(3 * x)

    sample = integrate(Continued(model, noise, known), noise, linear_quadratic(6, 20), SOLVERS[solver])
    np.testing.assert_allclose(sample[:, :, :2], known, atol=1e-5)
    for t, state in seen[::2] if solver == "euler" else seen[:1]:
        np.testing.assert_allclose(state, (1 - t) * noise[:, :, :2] + t * known, atol=1e-5)


def test_what_is_drawn_depends_on_what_is_known():
    noise = draw(1, 2, 5, 3, 3)

    def model(x, t):
        return x.mean(axis=2, keepdims=True) - 0 * x

    times = linear_quadratic(6, 20)
    one, other = (
        integrate(Continued(model, noise, np.full((1, 2, 2, 3, 3), value, np.float32)), noise, times)
        for value in (0.0, 5.0)
    )
    assert (other[:, :, 2:] - one[:, :, 2:]).min() > 0.5


def test_the_models_answer_is_left_alone():
    answer = draw(1, 2, 5, 3, 3)
    kept = answer.copy()
    Continued(lambda x, t: answer, draw(1, 2, 5, 3, 3), draw(1, 2, 1, 3, 3))(answer, 0.0)
    np.testing.assert_array_equal(answer, kept)
