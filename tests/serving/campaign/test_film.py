import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from serving.campaign.film import compose, deliver
from serving.campaign.take import Take
from serving.errors import MediaError
from serving.media.endcard import EndCard
from serving.media.lossless import write_lossless
from serving.media.resize import cover
from serving.provenance.signing import Facts

CARD = EndCard("Ball", "Boing", "Made with AI")
RATE = 48_000


@pytest.fixture
def taken(tmp_path):
    """Writes frames as a take with some sound."""

    def taken(frames, sound):
        write_lossless(tmp_path / "take.mkv", frames, 16)
        return Take(tmp_path / "take.mkv", len(frames), sound)

    return taken


@pytest.fixture
def film(taken, marker):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (64, 64, 112, 3), np.uint8)
    sound = (0.05 * rng.normal(size=4 * RATE)).clip(-1, 1).astype(np.float32)
    take = taken(frames, sound)
    return frames, compose(take, CARD, size=(480, 854), fps=16, sample_rate=RATE, marker=marker, payload=5)


def test_the_generated_video_comes_first_whole_and_the_card_after_it(film):
    frames, made = film
    shown = np.stack(list(made.frames))
    assert shown.shape == (96, 480, 854, 3)
    assert made.count == 96
    np.testing.assert_array_equal(shown[:64], cover(frames, (480, 854)))
    np.testing.assert_array_equal(shown[-1], CARD.draw(shown[63]))


def test_a_take_that_lost_frames_makes_no_film(taken, marker):
    take = replace(taken(np.zeros((4, 16, 16, 3), np.uint8), np.zeros(12_000, np.float32)), count=5)
    made = compose(take, CARD, size=(480, 480), fps=16, sample_rate=RATE, marker=marker, payload=1)
    with pytest.raises(MediaError, match=r"take\.mkv holds 4 of 5 frames; it is removed: run the campaign again"):
        list(made.frames)
    assert not take.file.exists()


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
    assert len(list(film[1].frames)) == len(marker.payloads)
    assert set(marker.payloads) == {5}


def test_a_silent_take_makes_a_silent_film(taken, marker):
    take = taken(np.zeros((4, 16, 16, 3), np.uint8), np.zeros(12_000, np.float32))
    made = compose(take, CARD, size=(480, 480), fps=16, sample_rate=RATE, marker=marker, payload=1)
    assert not made.audio.any()
    assert made.loudness.lufs == -np.inf


def test_a_film_four_times_as_long_takes_hardly_more_memory(tmp_path):
    """Each in a process of its own: 300 more frames would be 88 MiB; their five seconds of sound are 17."""
    short, long = (
        int(subprocess.check_output([sys.executable, "-c", DELIVERY, str(tmp_path), str(frames)], text=True))
        for frames in (100, 400)
    )
    assert long < short + (44 << 20)


DELIVERY = """
import shutil, sys
from pathlib import Path
import numpy as np
from serving.campaign.film import compose, deliver
from serving.campaign.take import Take
from serving.delivery import ready
from serving.media.endcard import EndCard
from serving.media.lossless import write_lossless
from serving.media.loudness import measure
from serving.trial import peak_above
from serving.watermark import Watermarker

folder, count = Path(sys.argv[1]), int(sys.argv[2])
ready()
still = np.full((240, 426, 3), 90, np.uint8)
write_lossless(folder / "take.mkv", (still for _ in range(count)), 64)
rng = np.random.default_rng(0)
sound = rng.normal(0, 0.05, 750 * count).astype(np.float32)
measure(sound[:48_000, None], 48_000)  # loads what loudness needs
take, card = Take(folder / "take.mkv", count, sound), EndCard("Ball", "Boing", "Made with AI")

def work():
    film = compose(
        take, card, size=(240, 426), fps=64, sample_rate=48_000, marker=Watermarker(bytes(32)), payload=1
    )
    copy = lambda source, target, facts: shutil.copyfile(source, target)
    deliver(film, folder / "film.mp4", folder / "work", None, copy, fps=64, sample_rate=48_000)

print(peak_above(work))
"""


def test_nothing_unsigned_remains(film, tmp_path, sign):
    facts = Facts("a.mp4", "0", "m", "1", "d", 0, "r")
    sign.failing = {"a.mp4"}
    with pytest.raises(OSError, match="dry"):
        deliver(film[1], tmp_path / "a.mp4", tmp_path / "work", facts, sign, fps=16, sample_rate=RATE)
    assert not list(tmp_path.rglob("*.mp4"))
