import numpy as np
import pytest

from assets.checkers.edits import verdict


def _clip():
    frames = np.full((3, 64, 64, 3), 90, np.uint8)
    mask = np.zeros((3, 64, 64), bool)
    mask[:, 20:40, 20:40] = True
    return frames, mask


def test_a_change_inside_the_mask_is_an_edit_that_keeps_the_rest():
    before, mask = _clip()
    after = before.copy()
    after[mask] = (200, 40, 40)
    found = verdict(before, after, mask)
    assert found.changed.value
    assert found.kept.value


def test_no_change_is_no_edit():
    before, mask = _clip()
    found = verdict(before, before, mask)
    assert not found.changed.value
    assert found.kept.value


def test_a_change_outside_the_mask_is_told():
    before, mask = _clip()
    after = before.copy()
    after[:, 50:60, 50:60] = 240
    found = verdict(before, after, mask)
    assert not found.changed.value
    assert not found.kept.value


def test_noise_of_a_codec_is_no_change():
    before, mask = _clip()
    noise = np.random.default_rng(0).integers(-9, 10, before.shape)
    found = verdict(before, (before + noise).astype(np.uint8), mask)
    assert not found.changed.value
    assert found.kept.value


def test_clips_of_different_shapes_are_refused():
    before, mask = _clip()
    with pytest.raises(ValueError, match="one clip"):
        verdict(before, before[:2], mask)
