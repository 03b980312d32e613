import builtins

import numpy as np
import pytest

from assets.curation.signals import text
from assets.curation.signals.text import Text, _regions, read
from tests.assets.curation.signals.pictures import film, gliding, result

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def lettered():
    def pictures(words):
        for picture in gliding(16, 0.5):
            large = cv2.GaussianBlur(cv2.resize(picture, (640, 360)), (0, 0), 3)
            cv2.putText(large, words, (60, 200), cv2.FONT_HERSHEY_DUPLEX, 1.4, (0, 0, 0), 8)
            cv2.putText(large, words, (60, 200), cv2.FONT_HERSHEY_DUPLEX, 1.4, (255, 255, 255), 2)
            yield large

    return pictures


def test_words_on_the_picture_are_read_with_their_score_and_area(tmp_path, lettered):
    found = result(Text(), film(tmp_path, lettered("SUMMER SALE")))
    assert [line.replace(" ", "") for line in found["text"]] == ["SUMMERSALE"]
    assert found["text_score"] > 0.8
    (width, height), _ = cv2.getTextSize("SUMMER SALE", cv2.FONT_HERSHEY_DUPLEX, 1.4, 2)
    assert found["text_area"] == pytest.approx(width * height / (640 * 360), rel=0.8)


def test_a_picture_without_words_scores_nothing(tmp_path):
    found = result(Text(), film(tmp_path, gliding(16, 0.5)))
    assert (found["text_score"], found["text_area"], found["text"]) == (0.0, 0.0, [])


def test_a_plain_bar_is_no_text():
    picture = np.full((360, 640, 3), 120, np.uint8)
    picture[150:200, 100:500] = 255
    assert read(picture) == []


def test_without_the_engine_the_value_is_none_and_the_reason_says_what_to_install(tmp_path, monkeypatch):
    text._engine.cache_clear()
    real = builtins.__import__

    def absent(name, *arguments, **settings):
        if name == "rapidocr_onnxruntime":
            raise ImportError("No module named 'rapidocr_onnxruntime'")
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", absent)
    found = result(Text(), film(tmp_path, gliding(8, 0.5)))
    assert found["text_score"] is None
    assert "data-packages.txt" in found["missing"]["text_score"]


def test_lines_that_nearly_touch_are_read_together_and_others_apart():
    def box(left, top, right, bottom):
        return [[left, top], [right, top], [right, bottom], [left, bottom]]

    found = _regions(np.array([box(50, 60, 150, 80), box(100, 96, 200, 116), box(20, 400, 60, 420)]), (450, 800))
    assert found == [(20, 44, 230, 132), (0, 384, 90, 436)]
    assert _regions(np.zeros((0, 4, 2)), (450, 800)) == []


def test_small_letters_of_a_large_picture_are_read_to_the_end():
    picture = np.full((720, 1280, 3), 90, np.uint8)
    cv2.putText(picture, "Ticket Tonight", (40, 600), cv2.FONT_HERSHEY_DUPLEX, 1.1, (0, 0, 0), 6, cv2.LINE_AA)
    cv2.putText(picture, "Ticket Tonight", (40, 600), cv2.FONT_HERSHEY_DUPLEX, 1.1, (255, 255, 255), 2, cv2.LINE_AA)
    assert "".join(line.text for line in read(picture)).replace(" ", "") == "TicketTonight"
