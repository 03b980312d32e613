import numpy as np
import pytest

from serving.errors import MediaError
from serving.media.endcard import EndCard

CARD = EndCard("Bouncing Ball", "Mehr Sprungkraft", "Dieses Video wurde mit KI erzeugt", "ACME")


def grey(height=480, width=854):
    return np.full((height, width, 3), 128, np.uint8)


@pytest.mark.parametrize("size", [(480, 854), (854, 480), (480, 480)])
def test_every_text_stands_within_the_margin_at_its_height(size):
    card = CARD.draw(grey(*size))
    assert card.shape == (*size, 3)
    ink = (card > 120).all(axis=-1)  # the darkened background is at 45
    rows = np.flatnonzero(ink.any(axis=1)) / size[0]
    columns = np.flatnonzero(ink.any(axis=0))
    assert columns[0] >= 0.07 * min(size)
    assert columns[-1] <= size[1] - 0.07 * min(size)
    for centre in (0.14, 0.36, 0.62, 0.90):
        assert np.any(np.abs(rows - centre) < 0.05)


def test_another_message_gives_another_card():
    other = EndCard(CARD.product, "More bounce", CARD.disclosure, CARD.brand)
    assert not np.array_equal(CARD.draw(grey()), other.draw(grey()))


def test_a_long_message_is_set_smaller_and_over_several_lines():
    message = "Ein wirklich ausführlicher Satz über einen Ball, der höher springt als jeder andere Ball zuvor. " * 2
    card = EndCard("Ball", message, "KI").draw(grey(854, 480))
    ink = (card[400:680] > 120).all(axis=-1).any(axis=1)
    starts = np.count_nonzero(np.diff(ink.astype(int)) == 1)
    assert starts >= 3


def test_a_text_that_fits_at_no_size_is_refused():
    with pytest.raises(MediaError, match="shorten it"):
        EndCard("Ball", "word " * 2000, "KI").draw(grey())


def test_a_text_without_glyphs_is_refused_with_the_characters():
    with pytest.raises(MediaError, match="日"):
        EndCard("Ball", "日本", "KI")


def test_it_dissolves_from_the_last_frame_to_the_card_and_holds_it():
    frames = list(CARD.frames(grey(), 32, 16))
    card = CARD.draw(grey())
    assert len(frames) == 32
    distance = [np.abs(frame.astype(int) - card).mean() for frame in frames]
    start = np.abs(grey().astype(int) - card).mean()
    np.testing.assert_allclose(distance[:8], start * (1 - np.arange(1, 9) / 8), atol=0.5)
    assert distance[7:] == [0] * 25
