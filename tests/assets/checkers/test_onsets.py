import numpy as np
import pytest

from assets.checkers.onsets import matched, onsets

RATE = 48_000


def _struck(times, seconds=2.0, hertz=440.0, noise=0.01):
    rng = np.random.default_rng(0)
    samples = noise * rng.standard_normal(round(seconds * RATE))
    for time in times:
        rest = np.arange(len(samples) - round(time * RATE)) / RATE
        samples[round(time * RATE) :] += 0.5 * np.cos(2 * np.pi * hertz * rest) * np.exp(-rest / 0.05)
    return samples.astype(np.float32)


def test_decaying_tones_are_found_where_they_begin():
    times = [0.31, 0.9, 1.42]
    found = [onset.seconds for onset in onsets(_struck(times))]
    assert found == pytest.approx(times, abs=0.005)


def test_steady_noise_has_no_onset():
    assert onsets(_struck([])) == ()


def test_silence_and_too_short_a_sound_have_none():
    assert onsets(np.zeros(RATE, np.float32)) == ()
    assert onsets(np.zeros(10, np.float32)) == ()


def test_each_truth_takes_one_onset_and_the_rest_are_wrong():
    assert matched([0.1, 0.12, 0.8], [0.11, 0.5]) == (1, 2, 1)
