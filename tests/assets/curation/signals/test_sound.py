import shutil
import subprocess
import wave

import av
import numpy as np
import pytest

from assets.curation.signals.music import Music
from assets.curation.signals.onsets import Onsets
from assets.curation.signals.sound import Sound
from assets.world import synthesis
from serving.media.timed import TimedSound

RATE = 16000


def heard(samples, rate=RATE):
    """The track of float samples [N] in -1..1."""
    sound = Sound()
    for begin in range(0, len(samples), 1000):
        block = np.asarray(samples[begin : begin + 1000], dtype=np.float32)[None]
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
        frame.sample_rate = rate
        sound.hear(TimedSound(begin / rate, frame))
    return sound.track()


def tone(pitch, seconds, loud=0.2):
    times = np.arange(int(seconds * RATE)) / RATE
    return loud * sum(np.sin(2 * np.pi * pitch * k * times) / k for k in (1, 2, 3))


def melody(seed, notes=16):
    rng = np.random.default_rng(seed)
    chords = [220 * 2 ** (rng.integers(0, 24, 3) / 12) for _ in range(notes)]
    return np.concatenate([sum(tone(pitch, 0.4, 0.1) for pitch in chord) for chord in chords])


def noise(seconds, seed=0, loud=0.1):
    return np.random.default_rng(seed).normal(0, loud, int(seconds * RATE))


def test_loudness_of_a_sine_is_its_root_mean_square():
    sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    assert heard(sine).result(0, 2)["loudness"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)


def test_silence_is_its_share_of_the_time():
    assert heard(np.concatenate([np.zeros(3 * RATE), noise(1)])).result(0, 4)["silence"] == pytest.approx(
        0.75, abs=0.02
    )


def test_held_chords_are_music_and_noise_is_not():
    for seed in range(2):
        assert heard(melody(seed, 8)).result(0, 3)["music"] == 1.0
        assert heard(noise(3, seed)).result(0, 3)["music"] == 0.0


def test_a_motor_that_hums_and_birds_are_no_music():
    for place in (0.3 * synthesis.engine(0), 0.05 * synthesis.ambience("birds")):
        assert heard(place[::3].copy()).result(0, 6)["music"] == 0.0


def test_chords_that_change_after_two_seconds_are_music():
    chords = ((220, 277, 330), (247, 311, 370), (196, 247, 294))
    slow = np.concatenate([sum(tone(pitch, 2, 0.1) for pitch in chord) for chord in chords])
    assert heard(slow).result(0, 6)["music"] == 1.0


def test_neither_tones_nor_noise_are_speech():
    assert heard(melody(0, 8)).result(0, 3)["speech"] < 0.1
    assert heard(noise(2)).result(0, 2)["speech"] < 0.1


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed: no voice to listen to")
def test_a_voice_is_speech_and_its_pauses_are_not(tmp_path):
    subprocess.run(
        ["espeak-ng", "-w", str(tmp_path / "voice.wav"), "The old mill turns slowly in the evening wind."], check=True
    )
    with wave.open(str(tmp_path / "voice.wav")) as file:
        rate = file.getframerate()
        voice = np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768
    length = len(voice) / rate
    track = heard(np.concatenate([np.zeros(2 * rate), voice]), rate)
    assert track.result(2, 2 + length)["speech"] > 0.7
    assert track.result(0, 1.9)["speech"] < 0.05


def test_events_are_found_within_fifty_milliseconds_over_ground_noise():
    rng = np.random.default_rng(1)
    truth = np.cumsum(rng.uniform(0.25, 0.9, 24))
    samples = noise(truth[-1] + 1, loud=0.002)
    for at in truth:
        begin = int(at * RATE)
        lasting = np.exp(-np.arange(int(0.15 * RATE)) / RATE / 0.04)
        kind = rng.integers(3)
        body = noise(0.15, int(at * 1e3), 0.5) if kind == 0 else tone(rng.uniform(200, 2000), 0.15, 0.4)
        samples[begin : begin + len(body)] += body[: len(lasting)] * lasting
    found = np.array(heard(samples).result(0, truth[-1] + 1)["onsets"])
    hits = sum(np.abs(found - at).min() <= 0.05 for at in truth)
    assert 2 * hits / (len(found) + len(truth)) >= 0.95


def test_a_steady_tone_has_one_onset():
    assert len(heard(np.concatenate([np.zeros(RATE), tone(440, 3)])).result(0, 4)["onsets"]) == 1


def test_a_film_without_sound_has_no_values_and_says_so():
    found = Sound().track().result(0, 1)
    assert found["silence"] is found["music"] is found["onsets"] is None
    assert found["missing"]["silence"] == "the file has no sound"


def test_sound_that_breaks_off_is_not_made_up():
    sound = Sound()
    sound.lose("invalid data")
    assert "invalid data" in sound.track().result(0, 1)["missing"]["loudness"]


def test_samples_that_are_no_numbers_are_silence_and_spoil_nothing():
    samples = noise(3)
    samples[RATE : 2 * RATE] = np.nan
    samples[100], samples[200], samples[300] = np.inf, -np.inf, 1e38
    found = heard(samples).result(0, 3)
    assert found["silence"] == pytest.approx(1 / 3, abs=0.02)
    assert np.isfinite([found["loudness"], found["speech"], found["music"], *found["onsets"]]).all()


def test_what_music_and_onsets_keep_does_not_grow_with_the_sound():
    music, onsets = Music(), Onsets()
    for number in range(600):
        block = noise(0.032, number).astype(np.float32)
        music.hear(block, number * 0.032)
        onsets.hear(block, number * 0.032)
    assert len(music._samples) < 2048
    assert len(music._active) < 70
    assert len(onsets._flux) < 60
