import numpy as np
import pytest

from assets.curation.tower import clip_vector
from models.contrastive.config import FOLDER, GRAPH
from models.contrastive.embedder import packaged_embedder
from models.contrastive.graph import video_graph


@pytest.mark.parametrize(("frames", "height", "width"), [(1, 64, 64), (2, 40, 60), (8, 144, 256), (20, 90, 70)])
def test_vectors_are_those_of_the_model(frames, height, width):
    clip = np.random.default_rng(frames).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)
    assert np.abs(clip_vector(clip) - packaged_embedder().clips([clip])[0]).max() < 1e-5


def test_the_packaged_graph_is_that_of_the_model_and_holds_no_weights():
    packaged = (FOLDER / GRAPH).read_bytes()
    assert len(packaged) < 2e5
    assert video_graph(packaged_embedder().model.video) == packaged
