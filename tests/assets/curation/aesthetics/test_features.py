import cv2
import numpy as np
import pytest

from assets.curation.aesthetics import features as parts
from assets.curation.aesthetics.features import features
from tests.assets.curation.signals.pictures import ground


def luma(picture):
    return (picture.astype(np.float32) / 255) @ np.array([0.299, 0.587, 0.114], np.float32)


@pytest.mark.parametrize("shape", [(144, 256, 3), (455, 256, 3), (720, 1280, 3), (40, 60, 3), (16, 300, 3)])
def test_a_picture_of_any_shape_has_as_many_finite_numbers(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    found = features(picture)
    assert found.shape == features(np.zeros((64, 64, 3), np.uint8)).shape
    assert np.isfinite(found).all()


def test_an_empty_picture_has_finite_numbers():
    for level in (0, 128, 255):
        assert np.isfinite(features(np.full((90, 160, 3), level, np.uint8))).all()


def test_tone_counts_what_is_lost_in_black_and_white():
    plane = np.concatenate([np.zeros((32, 128)), np.full((32, 128), 0.5), np.ones((64, 128))]).astype(np.float32)
    tone = parts._tone(plane)
    assert tone[7] == pytest.approx(0.625)  # mean
    assert tone[9:11] == pytest.approx([0.25, 0.5])


def test_colourfulness_is_that_of_the_quality_signal():
    from assets.curation.signals.quality import colourfulness

    picture = ground(3, 288, 512)
    halved = picture[::2, ::2].astype(np.float32) / 255
    assert parts._colour(picture.astype(np.float32) / 255)[3] * 255 == pytest.approx(
        colourfulness(picture[::2, ::2]), rel=1e-3
    )
    assert halved.shape == (144, 256, 3)


def test_grain_in_a_flat_picture_is_measured_by_immerkaers_formula():
    flat = np.full((200, 200), 0.5, np.float32)
    grain = flat + np.random.default_rng(0).normal(0, 0.04, flat.shape).astype(np.float32)
    found = parts._noise(np.stack([grain] * 3, axis=-1), grain)
    # The kernel's norm is 6, over which it is divided; E|N(0, s)| = s sqrt(2/pi), of s = 0.04: 0.032.
    assert np.exp(found[:2]) == pytest.approx([0.032, 0.032], rel=0.15)


def test_a_turned_checkerboard_is_as_much_off_the_level_as_it_is_turned():
    board = np.kron(np.indices((12, 12)).sum(axis=0) % 2, np.ones((30, 30))).astype(np.float32)
    level = parts._level(board)
    turned = cv2.warpAffine(board, cv2.getRotationMatrix2D((180, 180), 10, 1), (360, 360))[60:300, 60:300]
    off = parts._level(turned)
    assert level[6] == pytest.approx(0, abs=0.01)
    assert off[6] == pytest.approx(np.deg2rad(10), abs=0.02)
    assert level[0] > 0.8
    assert off[2] > 0.8  # in the band of 6 to 12 degrees


def test_blur_takes_fine_detail_before_coarse():
    sharp = luma(np.random.default_rng(1).integers(0, 256, (144, 256, 3)).astype(np.uint8))
    soft = cv2.GaussianBlur(sharp, (0, 0), 1.5)
    lost = np.array(parts._detail(sharp)) - np.array(parts._detail(soft))
    assert lost[0] > lost[3] > 0


def test_what_stands_at_the_rim_is_told_from_what_stands_in_the_middle():
    middle, rim = np.full((2, 160, 160, 3), 0.5, np.float32)
    middle[70:90, 70:90] = 1
    rim[:12, :12] = 1
    assert parts._composition(middle)[5] > parts._composition(rim)[5]
    assert parts._composition(middle)[4] < parts._composition(rim)[4]
