import numpy as np
import pytest

from serving.clip import from_pixels
from serving.errors import RequestRefused, SamplingFailed
from serving.upsampling.doubling import Doubling
from serving.upsampling.enlarging import enlarged, folded, unfolded
from serving.upsampling.tiles import Tiles, laid

CLIP = np.random.default_rng(0).integers(0, 256, (37, 20, 28, 3), np.uint8)


def still(*, state, time, condition):
    """The flow that stands still."""
    return np.zeros_like(state)


class Shift:
    """The flow that adds a number to everything, and remembers what it was asked."""

    def __init__(self, levels=0.0):
        self.levels, self.shapes, self.times = levels, [], []

    def __call__(self, *, state, time, condition):
        self.shapes.append(condition.shape[2:])
        self.times.append(float(time[0]))
        return np.full_like(state, self.levels / 127.5)


def whole(pieces):
    return np.concatenate(list(pieces))


def pieces(clip, size):
    return (clip[start : start + size] for start in range(0, len(clip), size))


@pytest.mark.parametrize("size", [1, 3, 8, 14, 40])
def test_a_flow_that_stands_still_leaves_lanczos_whatever_pieces_the_frames_come_in(size):
    np.testing.assert_array_equal(whole(Doubling(still)(pieces(CLIP, size))), enlarged(CLIP))


@pytest.mark.parametrize("frames", [1, 4, 5, 13, 14, 15, 18, 24, 25])
def test_windows_cover_clips_of_every_length_and_share_four_frames(frames):
    flow = Shift()
    assert len(whole(Doubling(flow)([CLIP[:frames]]))) == frames
    lengths = [shape[0] for shape in flow.shapes]
    assert sum(lengths) - 4 * (len(lengths) - 1) == frames
    assert all(length == 14 for length in lengths[:-1])


def test_one_window_and_one_tile_are_plain_sampling():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.1, (1, 12, 9, 20, 28)).astype(np.float32)
    got = whole(Doubling(lambda *, state, time, condition: noise)([CLIP[:9]]))
    expected = np.rint((from_pixels(enlarged(CLIP[:9])) + unfolded(noise)[0] + 1) * 127.5).clip(0, 255)
    np.testing.assert_allclose(got, np.moveaxis(expected, 0, -1), atol=1)


def test_a_window_fades_into_the_next_in_equal_steps():
    grey = np.full((24, 8, 8, 3), 100, np.uint8)
    calls = iter((0.0, 50.0))

    def jumps(*, state, time, condition):
        return np.full_like(state, next(calls) / 127.5)

    levels = whole(Doubling(jumps)([grey]))[:, 3, 3, 0]
    np.testing.assert_array_equal(levels, [100] * 10 + [110, 120, 130, 140] + [150] * 10)


def test_tiles_of_the_picture_are_blended_and_none_is_larger_than_asked():
    flow = Shift(5.0)
    small = np.full((3, 36, 62, 3), 90, np.uint8)
    got = whole(Doubling(flow, Tiles(side=24, side_overlap=8))([small]))
    assert got.shape == (3, 72, 124, 3)
    np.testing.assert_array_equal(got, 95)
    assert len(flow.shapes) == 2 * 4
    assert all(side <= 24 and side % 4 == 0 for shape in flow.shapes for side in shape[1:])


def test_steps_are_taken_at_rising_times():
    flow = Shift(8.0)
    grey = np.full((2, 8, 8, 3), 100, np.uint8)
    np.testing.assert_array_equal(whole(Doubling(flow, steps=4)([grey])), 108)
    assert flow.times == [0.0, 0.25, 0.5, 0.75]


def test_blending_weights_are_one_together():
    line = np.full(10, 200, np.uint8)
    laid(line, np.full(6, 200, np.uint8), 0, 3, 7)
    np.testing.assert_array_equal(line[:9], 200)


def test_folding_is_undone_and_is_that_of_the_network():
    torch = pytest.importorskip("torch")
    from models.upsampler import folded as network_folded

    video = np.random.default_rng(0).normal(size=(1, 3, 4, 8, 12)).astype(np.float32)
    np.testing.assert_array_equal(unfolded(folded(video)), video)
    np.testing.assert_array_equal(folded(video), network_folded(torch.from_numpy(video)).numpy())


def test_bad_frames_are_refused_with_their_shape():
    with pytest.raises(RequestRefused, match=r"one size, not uint8 \[2, 16, 28, 3\]"):
        whole(Doubling(still)([CLIP[:2], CLIP[:2, :16]]))
    with pytest.raises(RequestRefused, match="not float32"):
        whole(Doubling(still)([CLIP[:2].astype(np.float32)]))
    with pytest.raises(RequestRefused, match="multiples of 4"):
        Doubling(still).tile(CLIP[:2, :18])
    with pytest.raises(RequestRefused, match="multiple of 4"):
        Tiles(side=50)
    with pytest.raises(RequestRefused, match="up to half"):
        Tiles(overlap=8)


def test_values_that_are_not_finite_are_an_error():
    with pytest.raises(SamplingFailed, match="not finite"):
        whole(Doubling(lambda *, state, **rest: state * np.nan)([CLIP[:2]]))
