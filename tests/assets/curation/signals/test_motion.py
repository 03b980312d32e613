import av
import numpy as np
import pytest

from assets.curation.signals.motion import Motion
from tests.assets.curation.signals.pictures import film, gliding, result


def vmafmotion(path):
    """The same feature by FFmpeg's filter: mean over the frames that have one before."""
    scores = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        graph.link_nodes(graph.add_buffer(template=stream), graph.add("vmafmotion"), graph.add("buffersink"))
        graph.configure()
        for frame in container.decode(stream):
            graph.push(frame)
            scores.append(float(graph.pull().metadata["lavfi.vmafmotion.score"]))
    return np.mean(scores[1:])


def test_the_motion_score_is_that_of_vmaf_at_256_pixels(tmp_path):
    path = film(tmp_path, gliding(24, 3.0))
    assert result(Motion(), path)["motion_score"] == pytest.approx(vmafmotion(path), rel=0.02)


def test_a_cut_before_the_span_does_not_count(tmp_path):
    still = [*gliding(1, 0.0, seed=1)] * 16 + [*gliding(1, 0.0, seed=2)] * 16
    path = film(tmp_path, still)
    after = result(Motion(), path, 1.0, 2.0)["motion_score"]
    assert result(Motion(), path)["motion_score"] > 10 * after


def test_motion_vectors_are_as_long_as_the_ground_moves(tmp_path):
    path = film(tmp_path, gliding(32, 4.0), options={"crf": "18", "bf": "0", "refs": "1"})
    assert result(Motion(), path)["vector_length"] == pytest.approx(4.0, rel=0.15)


def test_a_codec_without_motion_vectors_is_named_as_the_reason(tmp_path):
    found = result(Motion(), film(tmp_path, gliding(8, 2.0), codec="mjpeg", pix_fmt="yuvj420p", options={}))
    assert found["vector_length"] is None
    assert "mjpeg" in found["missing"]["vector_length"]
