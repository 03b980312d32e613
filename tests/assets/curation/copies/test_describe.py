import numpy as np
import pytest

from assets.curation.copies.describe import looks
from assets.curation.copies.look import Look
from assets.curation.copies.matching import Prepared, match
from tests.assets.curation.looks import look, textured
from tests.assets.videos import write_video


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    pictures = [textured(1)[0]] * 20 + [textured(2)[0]] * 30
    return str(write_video(tmp_path_factory.mktemp("film") / "a.mp4", pictures, options={"crf": "20"}))


def test_each_span_has_the_look_of_its_own_frames(film):
    found = [Look.unpacked(text) for text in looks((film, [(0.0, 0.8), (0.8, 2.0)]))]
    for seed, one in zip((1, 2), found, strict=True):
        assert len(one) == 1
        assert match(Prepared(one), Prepared(look(textured(seed)[:1]))).residual < 0.05


def test_spans_may_overlap_and_come_in_any_order(film):
    late, whole = (Look.unpacked(text) for text in looks((film, [(1.0, 2.0), (0.0, 2.0)])))
    assert (len(late), len(whole)) == (1, 2)
    assert np.array_equal(late.luma[0], whole.luma[1])


def test_a_span_without_frames_has_no_look_and_no_span_needs_no_file(film):
    first, none = looks((film, [(0.0, 1.0), (5.0, 6.0)]))
    assert first
    assert none is None
    assert looks(("/nowhere.mp4", [])) == []
