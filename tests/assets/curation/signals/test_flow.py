import numpy as np
import pytest

from assets.curation.signals.flow import Flow
from tests.assets.curation.signals.pictures import film, gliding, result


@pytest.mark.parametrize("pixels", [0.5, 2.0, 8.0])
def test_speed_is_in_widths_a_second(tmp_path, pixels):
    found = result(Flow(), film(tmp_path, gliding(32, pixels)))
    assert found["speed"] == pytest.approx(pixels / 256 * 16, rel=0.1)


def test_shake_is_the_distance_from_the_smoothed_path(tmp_path):
    jitter = np.random.default_rng(0).normal(0, 2.0, (48, 2))  # pixels
    shaken = result(Flow(), film(tmp_path, gliding(48, 1.0, shake=jitter)))["shake"]
    steady = result(Flow(), film(tmp_path, gliding(48, 1.0)))["shake"]
    # A parabola through nine points takes up a fourth of white noise: sqrt(2) * 2 px of 256, less that.
    assert shaken == pytest.approx(np.sqrt(2) * 2.0 / 256 * 100, rel=0.3)
    assert steady < shaken / 10


def test_speeding_up_is_no_shake(tmp_path):
    push = np.stack([0.1 * np.arange(48.0) ** 2 / 2, np.zeros(48)], axis=1)
    assert result(Flow(), film(tmp_path, gliding(48, 0.0, shake=push)))["shake"] < 0.1
