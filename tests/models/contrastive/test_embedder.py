import numpy as np
import pytest
import torch

from models.contrastive.config import FRAMES, SIDE
from models.contrastive.embedder import packaged_embedder, prepared


def clip(frames, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def test_clips_of_all_sizes_and_lengths_are_unit_vectors_in_their_order():
    shown = [clip(1, 64, 64), clip(20, 90, 160, 1), clip(3, 40, 30, 2), clip(1, 128, 128, 3)]
    vectors = packaged_embedder().clips(shown)
    assert vectors.shape == (4, 256)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    for place, one in enumerate(shown):
        assert np.allclose(packaged_embedder().clips([one])[0], vectors[place], atol=1e-5)
    assert packaged_embedder().clips([]).shape == (0, 256)


def test_of_a_long_clip_eight_frames_are_taken_evenly_and_of_a_wide_one_the_middle():
    frames = np.zeros((16, SIDE, 2 * SIDE, 3), np.uint8)
    frames[:, :, SIDE // 2 : SIDE // 2 + SIDE] = np.arange(16, dtype=np.uint8)[:, None, None, None] + 1
    ready = prepared(frames)
    assert ready.shape == (FRAMES, SIDE, SIDE, 3)
    assert ready.amin(dim=(1, 2, 3)).tolist() == list(range(2, 18, 2))
    assert torch.equal(ready.amin(dim=(1, 2, 3)), ready.amax(dim=(1, 2, 3)))


def test_pictures_are_shrunk_by_area_and_enlarged_smoothly():
    large = np.kron(np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE, 1) % 251, np.ones((1, 2, 2, 3))).astype(np.uint8)
    assert np.array_equal(prepared(large)[0, :, :, 0].numpy(), np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 251)
    assert prepared(np.full((1, 20, 30, 3), 7, np.uint8)).unique().tolist() == [7]


@pytest.mark.parametrize(
    "frames", [np.zeros((0, 8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8), np.zeros((1, 8, 8, 3), np.float32)]
)
def test_what_is_no_clip_is_refused(frames):
    with pytest.raises(ValueError, match="at least one frame"):
        prepared(frames)


def test_token_states_and_vectors_of_texts_do_not_depend_on_their_company():
    texts = ["a red ball falls", "a blue robot walks to the left in green hills. The camera pans left."]
    vectors = packaged_embedder().texts(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
    assert np.allclose(packaged_embedder().texts(texts[:1]), vectors[:1], atol=1e-4)
    tokens, mask = packaged_embedder().tokens(texts)
    assert tokens.shape == (*mask.shape, 128)
    assert not tokens[~mask].any()
    assert packaged_embedder().texts([]).shape == (0, 256)
