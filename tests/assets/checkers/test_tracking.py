from itertools import pairwise

import numpy as np
import pytest

from assets.checkers.tracking import follow, joined, shrunk, steps, steps_of


def _dots(shift, frames=5):
    import cv2

    rng = np.random.default_rng(3)
    field = cv2.GaussianBlur(rng.integers(0, 256, (200, 200)).astype(np.uint8), (0, 0), 3)
    corners = [(30 + shift[1] * at, 30 + shift[0] * at) for at in range(frames)]
    cut = [field[top : top + 128, left : left + 128] for top, left in corners]
    return np.repeat(np.stack(cut)[..., None], 3, axis=-1)


def test_points_go_against_the_way_of_the_window():
    seen = steps(_dots((2, -1)))
    assert np.median(seen.dx) == pytest.approx(-2 * 4 / 128, rel=0.05)
    assert np.median(seen.dy) == pytest.approx(1 * 4 / 128, rel=0.05)
    assert seen.frames == 5


def test_one_frame_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        steps(np.zeros((1, 32, 32, 3), np.uint8))


def test_an_empty_picture_has_no_points():
    assert len(steps(np.zeros((3, 64, 64, 3), np.uint8)).x) == 0


def test_grey_pictures_give_the_same_steps_as_frames_and_larger_ones_nearly():
    import cv2

    frames = _dots((2, -1))
    grey = [frame[..., 0] for frame in frames]
    assert np.array_equal(steps_of(grey).dx, steps(frames).dx)
    larger = steps_of([cv2.resize(picture, (256, 256), interpolation=cv2.INTER_CUBIC) for picture in grey])
    assert np.median(larger.dx) == pytest.approx(np.median(steps(frames).dx), rel=0.05)


def test_a_bright_word_does_not_take_the_corners_of_a_faint_scene():
    faint = (_dots((2, 0)).astype(float) * 0.5 + 80).astype(np.uint8)
    faint[:, 4:22, 20:108] = 20
    faint[:, 8:18, 24:104:4] = 255
    seen = steps(faint)
    below = seen.y > -0.3
    assert below.mean() > 0.5
    assert np.median(seen.dx[below]) == pytest.approx(-2 * 4 / 128, rel=0.1)
    assert abs(np.median(seen.dx[~below])) < 0.01


def test_pairs_followed_once_join_to_the_steps_of_any_clip_that_holds_them():
    frames = [frame[..., 0] for frame in _dots((2, -1), frames=7)]
    pairs = [follow(shrunk(one), shrunk(other)) for one, other in pairwise(frames)]
    for first in (0, 2):
        one, other = joined(pairs[first : first + 4]), steps_of(frames[first : first + 5])
        assert one.frames == other.frames
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("time", "x", "y", "dx", "dy"))


def test_corners_are_found_again_within_a_scene_and_not_after_a_cut():
    import cv2

    one, other = (frame[..., 0] for frame in _dots((2, -1), frames=2))
    noise = np.random.default_rng(8).integers(0, 256, (128, 128)).astype(np.uint8)
    assert follow(one, other).share > 0.7
    assert follow(one, cv2.GaussianBlur(noise, (0, 0), 3)).share < 0.12
