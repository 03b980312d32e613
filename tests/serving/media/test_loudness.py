import numpy as np
import pytest

from serving.media.loudness import fade_out, measure, normalise, stereo

RATE = 48_000


def tone(seconds=3.0, level=0.1, frequency=997.0):
    return stereo((level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32))


def test_a_stereo_sine_at_minus_23_dbfs_measures_minus_23_lufs():
    # EBU Tech 3341, case 1.
    assert measure(tone(level=10 ** (-23 / 20), frequency=1000), RATE).lufs == pytest.approx(-23, abs=0.1)


def test_the_true_peak_is_found_between_samples():
    # A quarter-rate sine sampled 45 degrees off its crests: samples reach 0.7071 of the peak.
    wave = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4)
    assert np.abs(wave).max() == pytest.approx(0.7071, abs=1e-3)
    assert measure(stereo(wave), RATE).peak_dbtp == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("level", [0.003, 0.1, 1.0])
def test_sound_is_brought_to_the_target_below_the_peak(level):
    result, loudness = normalise(tone(level=level), RATE)
    assert measure(result, RATE).lufs == pytest.approx(-14, abs=0.2)
    assert loudness.peak_dbtp <= -1.9


def test_sparse_clicks_are_raised_no_further_than_the_peak_allows():
    rng = np.random.default_rng(0)
    clicks = 1e-3 * rng.normal(size=4 * RATE)
    clicks[::24_000] = 1.0
    result, loudness = normalise(stereo(clicks.astype(np.float32)), RATE)
    assert loudness.peak_dbtp <= -1.9
    assert np.isfinite(result).all()


@pytest.mark.parametrize("audio", [np.zeros((RATE, 2)), np.zeros((0, 2)), np.full((100, 2), 0.1), tone(level=1e-4)])
def test_silence_and_what_is_too_short_or_faint_are_left_alone(audio):
    result, _ = normalise(audio, RATE)
    np.testing.assert_allclose(result, audio, atol=1e-7)


def test_a_fade_ends_in_silence_and_leaves_the_rest_alone():
    audio = np.ones((1000, 2), np.float32)
    faded = fade_out(audio, 100)
    np.testing.assert_array_equal(faded[:900], 1)
    assert faded[-1].max() == pytest.approx(0, abs=1e-6)
    assert np.all(np.diff(faded[899:, 0]) <= 0)
    assert fade_out(audio[:10], 100).shape == (10, 2)
