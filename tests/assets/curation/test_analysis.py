import numpy as np
import pytest

from assets.curation.analysis import analyse
from assets.curation.clips import signals
from tests.assets.videos import moving_pictures, write_video


def test_the_cut_of_a_two_shot_film_is_found_at_its_time(tmp_path):
    pictures = [*moving_pictures(40, seed=1), *moving_pictures(60, seed=2)]
    analysis = analyse(write_video(tmp_path / "two.mp4", pictures, options={"crf": "18"}))
    assert analysis.shots == [pytest.approx((0.0, 1.6)), pytest.approx((1.6, 4.0))]


def test_a_cut_does_not_count_as_motion_of_the_clip_after_it(tmp_path):
    still = [next(moving_pictures(1, seed=1))] * 30 + [next(moving_pictures(1, seed=2))] * 30
    analysis = analyse(write_video(tmp_path / "still.mp4", still, options={"crf": "10"}))
    assert len(analysis.shots) == 2
    assert all(signals(analysis, *shot)["motion"] < 0.1 for shot in analysis.shots)


def test_shift_is_the_speed_of_the_whole_picture(tmp_path):
    rng = np.random.default_rng(0)
    ground = np.kron(rng.integers(100, 150, (16, 64, 3)), np.ones((9, 9, 1))).astype(np.uint8)
    pictures = [ground[:, 200 - 4 * n : 200 - 4 * n + 256] for n in range(32)]  # 4 px of 256 a frame, rightwards
    analysis = analyse(write_video(tmp_path / "pan.mp4", pictures, fps=16, options={"crf": "10"}))
    measured = signals(analysis, 0.0, 2.0)
    assert measured["shift"] == pytest.approx([4 / 256 * 16, 0.0], abs=0.01)
    assert measured["steadiness"] > 0.95
