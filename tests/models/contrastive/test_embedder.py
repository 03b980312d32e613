import numpy as np
import pytest

from models.contrastive.embedder import packaged_embedder


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


def test_token_states_and_vectors_of_texts_do_not_depend_on_their_company():
    texts = ["a red ball falls", "a blue robot walks to the left in green hills. The camera pans left."]
    vectors = packaged_embedder().texts(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
    assert np.allclose(packaged_embedder().texts(texts[:1]), vectors[:1], atol=1e-4)
    tokens, mask = packaged_embedder().tokens(texts)
    assert tokens.shape == (*mask.shape, 128)
    assert not tokens[~mask].any()
    assert packaged_embedder().texts([]).shape == (0, 256)
