import numpy as np
import pytest

from assets.checkers.coded import coded
from assets.checkers.lettering import words
from assets.world.overlay import lettering


def _scene(text, height=128, width=128):
    rng = np.random.default_rng(0)
    tiles = rng.integers(0, 256, (height // 16, width // 16, 3)).astype(np.uint8)
    frames = np.repeat(np.repeat(tiles, 16, axis=0), 16, axis=1)[None].repeat(2, axis=0)
    if text:
        for frame in frames:
            lettering(text, height, width).lay(frame)
    return frames


@pytest.mark.parametrize("text", ["SALE", "JUMP", "BOG", "MUSIC"])
def test_a_word_on_a_plate_is_read_to_the_letter_before_and_after_the_codec(text):
    assert words(_scene(text)).value == text
    assert words(coded(_scene(text), 8)).value == text


def test_a_picture_without_words_has_none():
    assert words(_scene(None)).value is None
    assert words(np.zeros((1, 128, 128, 3), np.uint8)).value is None


def test_a_wide_frame_is_read_too():
    assert words(_scene("OPEN", 128, 224)).value == "OPEN"
