import cv2
import numpy as np
import pytest

from assets.curation.copies.matching import Prepared, _resampling, match, residuals
from assets.curation.policy import MAX_COPY_RESIDUAL
from tests.assets.curation.looks import look, textured


def compared(first, second):
    return match(Prepared(look(first)), Prepared(look(second)))


def test_a_clip_is_a_copy_of_itself_without_residual():
    found = compared(textured(1), textured(1))
    assert found.residual == pytest.approx(0, abs=1e-5)
    assert found.window == (0.0, 1.0, 0.0, 1.0)
    assert not found.mirrored


@pytest.mark.parametrize("seed", range(4))
def test_a_cropped_copy_is_found_and_so_is_its_window(seed):
    frames = textured(seed, height=180, width=320)
    part = [cv2.resize(frame[18:162, 64:304], (200, 100)) for frame in frames]
    found = compared(part, frames)
    assert found.residual < MAX_COPY_RESIDUAL
    assert found.cropped == "first"
    assert found.window == pytest.approx((64 / 320, 304 / 320, 18 / 180, 162 / 180), abs=0.035)


def test_a_mirrored_copy_is_found_and_named_so():
    frames = textured(5)
    found = compared(frames, [frame[:, ::-1] for frame in frames])
    assert found.residual < 0.01
    assert found.mirrored


def test_a_part_in_time_is_found_from_either_side():
    frames = textured(6, count=8)
    assert compared(frames, frames[3:6]).residual < 0.01
    assert compared(frames[3:6], frames).residual < 0.01


@pytest.mark.parametrize("seed", range(4))
def test_other_scenes_are_no_copies(seed):
    assert compared(textured(seed), textured(seed + 100)).residual > 3 * MAX_COPY_RESIDUAL


def test_the_same_scene_with_another_thing_in_it_is_no_copy():
    frames = textured(7)
    others = [frame.copy() for frame in frames]
    for frame in others:
        cv2.rectangle(frame, (20, 20), (90, 70), (10, 20, 240), -1)
    assert compared(frames, others).residual > MAX_COPY_RESIDUAL


def test_the_residual_is_the_mean_squared_difference_over_mean_variance_and_noise():
    seen, other = np.random.default_rng(0).uniform(0, 255, (2, 192)).astype(np.float32)
    variance = np.mean([plane.reshape(-1, 3).var(axis=0).mean() for plane in (seen, other)])
    expected = ((seen - other) ** 2).mean() / (variance + 16)
    assert residuals(seen[None], other[None, None])[0] == pytest.approx(expected, rel=1e-4)


def test_resampling_averages_what_each_cell_covers():
    line = np.arange(24, dtype=np.float32)
    assert (_resampling(24, 8, 0.0, 1.0) @ line).tolist() == pytest.approx([1 + 3 * cell for cell in range(8)])
    halves = _resampling(24, 8, 0.0, 0.5) @ line  # cells of one and a half pixels
    assert halves[0] == pytest.approx((0 * 1 + 1 * 0.5) / 1.5)
