import numpy as np
import pytest

from assets.curation.signals.borders import Borders
from tests.assets.curation.signals.pictures import film, gliding, result


def framed(*, top=0, bottom=0, left=0, right=0, colour=0):
    for picture in gliding(24, 3.0):
        picture[:top] = picture[len(picture) - bottom :] = colour
        picture[:, :left] = picture[:, picture.shape[1] - right :] = colour
        yield picture


@pytest.mark.parametrize("colour", [0, 255])
def test_a_letterbox_is_measured_in_shares_of_the_height(tmp_path, colour):
    found = result(Borders(), film(tmp_path, framed(top=18, bottom=18, colour=colour)))
    assert found["borders"] == pytest.approx([0, 18 / 144, 0, 18 / 144], abs=0.012)
    assert found["border"] == pytest.approx(36 / 144, abs=0.02)


def test_a_pillarbox_is_measured_in_shares_of_the_width(tmp_path):
    found = result(Borders(), film(tmp_path, framed(left=40, right=32)))
    assert found["borders"] == pytest.approx([40 / 256, 0, 32 / 256, 0], abs=0.012)


def test_a_picture_without_bars_has_none(tmp_path):
    assert result(Borders(), film(tmp_path, framed()))["border"] == 0.0


def test_a_dark_sky_without_a_straight_edge_is_no_bar(tmp_path):
    def globe():
        rows, columns = np.mgrid[:144, :256]
        inside = (rows - 72) ** 2 + (columns - 128) ** 2 < 60**2
        for picture in gliding(24, 3.0):
            yield np.where(inside[..., None], picture, 0).astype(np.uint8)

    assert result(Borders(), film(tmp_path, globe()))["border"] == 0.0


def test_an_empty_film_has_no_answer_and_says_why(tmp_path):
    found = result(Borders(), film(tmp_path, [np.zeros((144, 256, 3), np.uint8)] * 8))
    assert found["border"] is None
    assert "content" in found["missing"]["border"]
