import numpy as np
import pytest

from serving.errors import RequestRefused
from serving.media.resize import METHOD, cover
from serving.upsampling.cascade import Enlarger
from serving.upsampling.enlarging import enlarged

CLIP = np.random.default_rng(0).integers(0, 256, (5, 16, 28, 3), np.uint8)


def still(*, state, time, condition):
    return np.zeros_like(state)


@pytest.mark.parametrize(
    ("source", "size", "times"),
    [((64, 112), (480, 854), 2), ((96, 96), (480, 480), 2), ((64, 112), (1080, 1920), 4), ((480, 854), (480, 854), 0)],
)
def test_a_clip_is_doubled_as_long_as_that_does_not_pass_its_size(source, size, times):
    assert Enlarger(still).doublings(source, size) == times
    assert Enlarger().doublings(source, size) == 0


def test_each_doubling_starts_where_the_one_before_ended_and_the_last_resize_is_exact():
    got = np.concatenate(list(Enlarger(still)([CLIP[:2], CLIP[2:]], (62, 110))))
    np.testing.assert_array_equal(got, cover(enlarged(enlarged(CLIP)), (62, 110)))


def test_without_an_upsampler_frames_are_resized_plainly():
    got = np.concatenate(list(Enlarger()([CLIP], (60, 110))))
    np.testing.assert_array_equal(got, cover(CLIP, (60, 110)))


def test_the_record_says_what_was_done():
    assert Enlarger().method((64, 112), (480, 854)) == METHOD
    assert Enlarger(still).method((64, 112), (480, 854)) == f"upsampler: 4x in 2 steps, then {METHOD}"
    assert Enlarger(still).method((480, 854), (480, 854)) == METHOD


def test_frames_are_handed_on_before_the_last_ones_are_read():
    read = []

    def film():
        for index in range(60):
            read.append(index)
            yield CLIP[:1]

    next(Enlarger(still)(film(), (64, 112)))
    assert len(read) < 45


@pytest.mark.parametrize("size", [(0, 100), (480, 5000)])
def test_sizes_that_no_film_has_are_refused(size):
    with pytest.raises(RequestRefused, match="is no size of a film"):
        next(Enlarger(still)([CLIP], size))
