import numpy as np
import pytest

from assets.curation.copies.look import CHROMA, LUMA, MOST, Gathering, Look
from tests.assets.curation.looks import look, textured


def test_a_look_survives_packing():
    made = look(textured(1))
    again = Look.unpacked(made.packed())
    assert np.array_equal(again.luma, made.luma)
    assert np.array_equal(again.chroma, made.chroma)
    assert len(made.packed()) < 1200 * len(made)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!"])
def test_what_is_no_look_is_refused(text):
    with pytest.raises(ValueError):
        Look.unpacked(text)


def test_planes_are_brightness_and_colour_differences_of_bt601():
    red = np.full((40, 60, 3), (255, 0, 0), np.uint8)
    made = look([red])
    # Y = 0.299 R; Cr = (R - Y) * 0.713 + 128; Cb = (B - Y) * 0.564 + 128
    assert made.luma.shape == (1, LUMA, LUMA)
    assert made.chroma.shape == (1, CHROMA, CHROMA, 2)
    assert abs(int(made.luma[0, 0, 0]) - 76) <= 1
    assert made.chroma[0, 0, 0].astype(int) == pytest.approx([255, 85], abs=1)


def test_a_still_clip_needs_one_picture_however_long_it_is():
    assert len(look([textured(2)[0]] * 200)) == 1


def test_the_look_does_not_depend_on_how_often_each_picture_is_shown():
    frames = textured(3, count=5)
    slow = look([frame for frame in frames for _ in range(4)])
    assert np.array_equal(look(frames).luma, slow.luma)


def test_a_busy_clip_keeps_the_most_different_pictures():
    made = look([textured(seed)[0] for seed in range(3 * MOST)])
    assert len(made) == MOST
    flat = made.luma.reshape(MOST, -1).astype(float)
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=2) + 1e9 * np.eye(MOST)
    first = np.stack([look([textured(seed)[0]]).luma[0].ravel() for seed in range(MOST)]).astype(float)
    near = np.linalg.norm(first[:, None] - first[None], axis=2) + 1e9 * np.eye(MOST)
    assert apart.min() >= near.min()


def test_no_frame_gives_no_look():
    with pytest.raises(ValueError, match="at least one"):
        Gathering().look()
