import numpy as np
import pytest

from serving.campaign.film import compose, deliver
from serving.campaign.take import Take
from serving.media.endcard import EndCard
from serving.media.resize import cover
from serving.provenance.signing import Facts

CARD = EndCard("Ball", "Boing", "Made with AI")
RATE = 48_000


@pytest.fixture
def film(marker):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (64, 64, 112, 3), np.uint8)
    sound = (0.05 * rng.normal(size=4 * RATE)).clip(-1, 1).astype(np.float32)
    taken = Take(frames, sound)
    return taken, compose(taken, CARD, size=(480, 854), fps=16, sample_rate=RATE, marker=marker, payload=5)


def test_the_generated_video_comes_first_whole_and_the_card_after_it(film):
    taken, made = film
    assert made.frames.shape == (96, 480, 854, 3)
    np.testing.assert_array_equal(made.frames[:64], cover(taken.frames, (480, 854)))
    np.testing.assert_array_equal(made.frames[-1], CARD.draw(made.frames[63]))


def test_sound_and_picture_are_of_one_length_and_the_card_is_silent(film):
    _, made = film
    assert made.audio.shape == (6 * RATE, 2)
    assert not made.audio[4 * RATE :].any()
    assert np.abs(np.diff(made.audio[int(3.99 * RATE) :], axis=0)).max() < 0.02  # no click at the joint


def test_the_sound_is_at_the_delivery_level(film):
    _, made = film
    assert made.loudness.lufs == pytest.approx(-14, abs=0.3)
    assert made.loudness.peak_dbtp <= -1


def test_all_frames_are_marked_with_the_payload(film, marker):
    assert marker.payloads == [5]


def test_a_silent_take_makes_a_silent_film(marker):
    taken = Take(np.zeros((4, 16, 16, 3), np.uint8), np.zeros(12_000, np.float32))
    made = compose(taken, CARD, size=(480, 480), fps=16, sample_rate=RATE, marker=marker, payload=1)
    assert not made.audio.any()
    assert made.loudness.lufs == -np.inf


def test_nothing_unsigned_remains(film, tmp_path, sign):
    facts = Facts("a.mp4", "0", "m", "1", "d", 0, "r")
    sign.failing = {"a.mp4"}
    with pytest.raises(OSError, match="dry"):
        deliver(film[1], tmp_path / "a.mp4", tmp_path / "work", facts, sign, fps=16, sample_rate=RATE)
    assert not list(tmp_path.rglob("*.mp4"))
