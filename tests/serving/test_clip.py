import numpy as np

from serving.clip import Clip, from_pixels, to_pixels


def test_pixels_survive_the_way_to_the_networks_range_and_back():
    frames = np.random.default_rng(0).integers(0, 256, size=(3, 8, 10, 3), dtype=np.uint8)
    video = from_pixels(frames)
    assert video.shape == (3, 3, 8, 10)
    assert video.min() >= -1
    assert video.max() <= 1
    np.testing.assert_array_equal(to_pixels(video), frames)


def test_values_beyond_the_range_are_clipped():
    assert to_pixels(np.array([-3.0, 3.0, 0.0]).reshape(3, 1, 1, 1)).ravel().tolist() == [0, 255, 128]


def test_a_clips_length_is_its_frames_over_its_rate():
    clip = Clip(np.zeros((24, 2, 2, 3), np.uint8), 16, None, 48_000, np.zeros((16, 3, 1, 1)), "x", 0)
    assert clip.seconds == 1.5
