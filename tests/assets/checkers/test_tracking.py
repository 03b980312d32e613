import numpy as np
import pytest

from assets.checkers.tracking import steps


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
