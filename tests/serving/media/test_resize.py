import numpy as np
import pytest

from serving.media.resize import cover, delivery_size


@pytest.mark.parametrize(
    ("aspect", "size"),
    [("16:9", (480, 854)), ("9:16", (854, 480)), ("1:1", (480, 480)), ("4:3", (480, 640)), ("3:4", (640, 480))],
)
def test_delivery_sizes_have_a_short_side_of_480_and_even_sides(aspect, size):
    assert delivery_size(aspect) == size


@pytest.mark.parametrize(("resolution", "size"), [("480p", (480, 854)), ("720p", (720, 1280)), ("1080p", (1080, 1920))])
def test_the_short_side_is_what_the_resolution_is_named_for(resolution, size):
    assert delivery_size("16:9", resolution) == size


@pytest.mark.parametrize("aspect", ["wide", "16x9", "0:1", "1:2:3"])
def test_what_is_no_ratio_is_refused(aspect):
    with pytest.raises(ValueError, match="aspect ratio"):
        delivery_size(aspect)


def test_the_crop_is_centred():
    # A 2:1 picture whose brightness is its column, to a square: the middle half remains.
    frames = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, None, :, None], (2, 100, 200, 3))
    square = cover(frames, (100, 100))
    assert square.shape == (2, 100, 100, 3)
    np.testing.assert_array_equal(square[0, 0, :, 0], np.arange(50, 150))


def test_a_ramp_is_enlarged_as_a_ramp():
    frames = np.broadcast_to((4 * np.arange(60, dtype=np.uint8))[None, :, None, None], (1, 60, 60, 3))
    large = cover(frames, (240, 240))[0, :, 0, 0].astype(float)
    expected = 4 * ((np.arange(240) + 0.5) / 4 - 0.5)
    np.testing.assert_allclose(large[20:-20], expected[20:-20], atol=1.0)


def test_a_constant_stays_constant():
    assert np.unique(cover(np.full((1, 64, 112, 3), 77, np.uint8), (480, 854))).tolist() == [77]


@pytest.mark.parametrize("size", [(480, 854), (854, 480), (480, 480)])
def test_any_source_of_about_the_same_shape_fills_a_size(size):
    for rows in range(16, 200):
        source = np.full((1, rows, round(rows * size[1] / size[0]), 3), 7, np.uint8)
        assert (cover(source, size) == 7).all()
