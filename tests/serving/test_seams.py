import numpy as np
import pytest

from serving.seams import changes, line_changes, seam

BORDERS = range(16, 128, 16)


@pytest.fixture
def video():
    """Smooth random motion and texture, with a larger change wherever a latent begins: [128, 64, 64, 3]."""
    random = np.random.default_rng(0)
    steps = random.normal(0, 2, (128, 64, 64, 3)) * np.where(np.arange(128) % 8 == 0, 2.0, 1.0)[:, None, None, None]
    return steps.cumsum(axis=0) * 0.3 + 128


def shown(video):
    return video.clip(0, 255).astype(np.uint8)


def test_without_seams_boundaries_change_as_much_as_the_inside(video):
    assert seam(changes(shown(video)), BORDERS, period=8) == pytest.approx(1, abs=0.05)
    for axis in (1, 2):
        assert seam(line_changes(shown(video), axis), (16, 32, 48), period=8) == pytest.approx(1, abs=0.05)


def test_a_level_that_jumps_at_boundaries_is_a_seam(video):
    jump = 4.0 * (np.arange(128) // 16 % 2)
    assert seam(changes(shown(video + jump[:, None, None, None])), BORDERS, period=8) > 1.5
    rows = 30.0 * (np.arange(64) // 16 % 2)
    assert seam(line_changes(shown(video + rows[:, None, None]), 1), (16, 32, 48)) > 1.5
    assert seam(line_changes(shown(video + rows[:, None]), 2), (16, 32, 48)) > 1.5


def test_a_cut_is_no_seam(video):
    cut = video + np.where(np.arange(128) >= 64, 60.0, 0.0)[:, None, None, None]
    assert seam(changes(shown(cut)), BORDERS, period=8) > 1.5
    assert seam(changes(shown(cut)), BORDERS, period=8, apart=[64]) == pytest.approx(1, abs=0.1)


def test_what_has_no_measure_is_an_error():
    with pytest.raises(ValueError, match="nothing to compare"):
        seam(np.ones(9), [])
    with pytest.raises(ValueError, match="nothing changes"):
        seam(np.zeros(9), [4])
