import numpy as np
import pytest

from serving.sampling.led import Led
from serving.sampling.schedule import linear_quadratic, uniform
from serving.sampling.solver import SOLVERS, integrate


def test_frames_that_are_led_to_the_end_arrive_and_the_others_are_the_models():
    noise = np.random.default_rng(0).standard_normal((2, 3, 4, 2, 2)).astype(np.float32)
    known = {0: np.full((3, 2, 2), 2, np.float32), -1: np.full((3, 2, 2), -3, np.float32)}
    times = linear_quadratic(6, 20)
    sample = integrate(Led(lambda x, t: np.zeros_like(x), known, 1.0), noise, times, SOLVERS["euler"])
    np.testing.assert_allclose(sample[:, :, 0], 2, atol=1e-5)
    np.testing.assert_allclose(sample[:, :, -1], -3, atol=1e-5)
    np.testing.assert_array_equal(sample[:, :, 1:3], noise[:, :, 1:3])


def test_up_to_its_time_a_frame_is_on_the_straight_way_and_then_follows_the_model():
    noise, data = np.ones((1, 1, 2, 1, 1), np.float32), np.full((1, 1, 1), 5, np.float32)
    halfway = integrate(Led(lambda x, t: np.zeros_like(x), {0: data}, 0.5), noise, uniform(10), SOLVERS["euler"])
    assert halfway[0, 0, 0, 0, 0] == pytest.approx(3)
    assert halfway[0, 0, 1, 0, 0] == 1


def test_the_models_answer_is_left_as_it_was():
    answer = np.zeros((1, 1, 2, 1, 1), np.float32)
    Led(lambda x, t: answer, {0: np.ones((1, 1, 1), np.float32)}, 1.0)(answer, 0.0)
    assert not answer.any()
