import numpy as np
import pytest
import torch

from models.contrastive.config import FRAMES, SIDE
from models.contrastive.frames import prepared


def test_of_a_long_clip_eight_frames_are_taken_evenly_and_of_a_wide_one_the_middle():
    frames = np.zeros((16, SIDE, 2 * SIDE, 3), np.uint8)
    frames[:, :, SIDE // 2 : SIDE // 2 + SIDE] = np.arange(16, dtype=np.uint8)[:, None, None, None] + 1
    ready = prepared(frames)
    assert ready.shape == (FRAMES, SIDE, SIDE, 3)
    assert ready.min(axis=(1, 2, 3)).tolist() == list(range(2, 18, 2))
    assert np.array_equal(ready.min(axis=(1, 2, 3)), ready.max(axis=(1, 2, 3)))


def test_pictures_are_shrunk_by_area_and_enlarged_smoothly():
    large = np.kron(np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE, 1) % 251, np.ones((1, 2, 2, 3))).astype(np.uint8)
    assert np.array_equal(prepared(large)[0, :, :, 0], np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 251)
    assert np.unique(prepared(np.full((1, 20, 30, 3), 7, np.uint8))).tolist() == [7]


@pytest.mark.parametrize(
    "frames", [np.zeros((0, 8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8), np.zeros((1, 8, 8, 3), np.float32)]
)
def test_what_is_no_clip_is_refused(frames):
    with pytest.raises(ValueError, match="at least one frame"):
        prepared(frames)


@pytest.mark.parametrize(("side", "mode"), [(150, "area"), (SIDE + 1, "area"), (40, "bilinear")])
def test_sizes_change_as_torch_changes_them(side, mode):
    frames = np.random.default_rng(side).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    channels = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    expected = torch.nn.functional.interpolate(channels, (SIDE, SIDE), mode=mode).permute(0, 2, 3, 1).numpy()
    assert np.abs(prepared(frames) - expected).max() <= 0.501
