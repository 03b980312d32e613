import pytest

from assets.curation.aesthetics.ranker import aesthetics
from assets.curation.aesthetics.spoiling import spoiled
from assets.curation.analysis import watch
from assets.curation.signals.aesthetics import Aesthetics
from tests.assets.curation.signals.pictures import film, ground, result


def test_the_score_is_that_of_the_frame_in_the_middle(tmp_path):
    good = ground(1, 144, 256)
    bad = spoiled(good, "grainy", 1.0, 1)
    path = film(tmp_path, [good] * 32 + [bad] * 16 + [good] * 32)
    shown = {round(frame.seconds * 16): frame.picture for frame in watch(path)}
    assert result(Aesthetics(), path, 0.0, 4.5)["aesthetics"] == pytest.approx(aesthetics(shown[32]), abs=0.01)
    assert result(Aesthetics(), path, 0.0, 2.0)["aesthetics"] == pytest.approx(aesthetics(shown[16]), abs=0.01)
    assert aesthetics(shown[32]) != pytest.approx(aesthetics(shown[16]), abs=0.1)


def test_a_span_between_two_looks_has_no_score_and_says_why(tmp_path):
    found = result(Aesthetics(), film(tmp_path, [ground(1, 144, 256)] * 20), 0.5, 0.8)
    assert found["aesthetics"] is None
    assert found["missing"]["aesthetics"]
