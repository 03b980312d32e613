import base64

import numpy as np
import pytest

from assets.curation.analysis import analyse
from assets.curation.clips import signals
from assets.curation.signals.embedding import Embedding, packed, unpacked
from models.contrastive.embedder import packaged_embedder
from tests.assets.videos import moving_pictures, write_video


def test_a_packed_vector_keeps_its_direction():
    vector = np.random.default_rng(0).normal(size=256).astype(np.float32)
    again = unpacked(packed(vector))
    assert np.linalg.norm(again) == pytest.approx(1.0, abs=1e-5)
    assert again @ vector / np.linalg.norm(vector) > 0.999


def test_a_text_without_direction_is_refused():
    with pytest.raises(ValueError, match="no direction"):
        unpacked(base64.b64encode(bytes(256)).decode())


def test_a_clip_s_vector_is_that_of_its_frames_and_not_of_the_shot_beside_it(tmp_path):
    first, second = (list(moving_pictures(50, seed=seed)) for seed in (1, 2))
    path = write_video(tmp_path / "two.mp4", [*first, *second], fps=25, options={"crf": "12"})
    analysis = analyse(path)
    assert len(analysis.shots) == 2
    vectors = [unpacked(signals(analysis, *shot)["embedding"]) for shot in analysis.shots]
    frames = [np.stack(pictures[3::6][:8]) for pictures in (first, second)]
    expected = packaged_embedder().clips(frames)
    for place in range(2):
        assert vectors[place] @ expected[place] > 0.9
        assert vectors[place] @ expected[place] > vectors[place] @ expected[1 - place]


def test_a_span_shorter_than_a_window_has_the_vector_of_the_window_around_it(tmp_path):
    path = write_video(tmp_path / "one.mp4", moving_pictures(50), fps=25)
    analysis = analyse(path)
    assert signals(analysis, 0.1, 0.3)["embedding"] == signals(analysis, 0.0, 2.0)["embedding"]


def test_where_nothing_was_seen_it_says_why():
    found = Embedding().track().result(0.0, 1.0)
    assert found["embedding"] is None
    assert "no frame" in found["missing"]["embedding"]
