import numpy as np
import pytest

from serving.delivery import delivery_need, marked
from serving.trial import TrialFailed
from serving.watermark import Watermarker

CLIP = np.random.default_rng(0).integers(0, 256, (5, 64, 48, 3), np.uint8)


def test_frames_are_marked_as_they_come():
    read = []

    def pieces():
        for start in (0, 2):
            read.append(start)
            yield CLIP[start : start + 2]

    marker = Watermarker(bytes(32))
    frames = marked(marker, 7, pieces())
    first = next(frames)
    assert read == [0]
    np.testing.assert_array_equal(np.stack([first, *frames]), marker.embed(CLIP[:4], 7))


def test_a_delivery_takes_more_for_larger_and_more_frames_until_the_encoder_is_full():
    small, large = (delivery_need((64, 112), size, 40, 16) for size in ((240, 426), (480, 854)))
    assert 2 * small.held < large.held < large.peak
    assert delivery_need((64, 112), (480, 854), 8, 16).held < large.held / 2
    assert delivery_need((64, 112), (240, 426), 1000, 16) is delivery_need((64, 112), (240, 426), 2000, 16)


def test_a_delivery_that_cannot_be_tried_is_an_error_with_its_reason():
    with pytest.raises(TrialFailed, match="even sides"):
        delivery_need((64, 64), (99, 99), 8, 16)
