from itertools import pairwise

import numpy as np
import pytest

from assets.curation.signals import events
from assets.curation.signals.events import BANDS, CLASSES, RATE, SPAN, Events, Network, look, shares, spectrum
from assets.world import synthesis


def tone(hertz, seconds, loud=0.5):
    return (loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def low(samples):
    """48 kHz to 16 kHz."""
    from scipy.signal import resample_poly

    return resample_poly(samples, 1, 3).astype(np.float32)


def heard(samples):
    stream = Events()
    for begin in range(0, len(samples) - 511, 512):
        stream.hear(samples[begin : begin + 512], begin / RATE)
    return stream.series.between(0, 100)


def test_a_tone_fills_the_band_of_its_pitch_with_its_power():
    levels = spectrum(tone(1000, 1.0))
    assert levels.shape == (61, BANDS)
    mel = 2595 * np.log10(1 + np.array([50, 7800, 1000]) / 700)
    due = (mel[2] - mel[0]) / (mel[1] - mel[0]) * (BANDS + 1) - 1
    assert abs(levels.mean(axis=0).argmax() - due) <= 1
    assert levels.max() == pytest.approx(20 * np.log10(0.5), abs=3)


def test_a_look_does_not_change_with_the_volume():
    levels = spectrum(tone(440, 1.1) + np.random.default_rng(0).normal(0, 0.1, round(1.1 * RATE)).astype(np.float32))
    assert look(levels - 12) == pytest.approx(look(levels), abs=1e-5)
    assert look(levels).max() == 1
    assert look(levels).min() >= -1


def test_the_network_agrees_with_torch():
    import torch
    from torch.nn import functional

    rng = np.random.default_rng(0)
    sizes = (1, 5, 7, 6)
    kernels = tuple(rng.normal(0, 0.3, (b, a, 3, 3)).astype(np.float32) for a, b in pairwise(sizes))
    biases = tuple(rng.normal(0, 0.1, size).astype(np.float32) for size in sizes[1:])
    weights, offsets = rng.normal(0, 0.3, (12, 4)).astype(np.float32), rng.normal(0, 0.3, 4).astype(np.float32)
    looks = rng.uniform(-1, 1, (3, SPAN, BANDS)).astype(np.float32)
    maps = torch.from_numpy(looks)[:, None]
    for kernel, bias in zip(kernels, biases, strict=True):
        maps = functional.relu(functional.conv2d(maps, torch.from_numpy(kernel), torch.from_numpy(bias), 2, 1))
    pooled = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)
    due = torch.sigmoid(pooled @ torch.from_numpy(weights) + torch.from_numpy(offsets))
    assert Network(kernels, biases, weights, offsets).probabilities(looks) == pytest.approx(due.numpy(), abs=1e-5)


def test_shares_are_of_the_time_and_leave_out_what_is_not_heard():
    table = np.zeros((4, len(CLASSES)), np.float32)
    table[:, CLASSES.index("birds")] = (0.9, 0.8, 0.1, 0.9)
    table[1, CLASSES.index("jump")] = 0.6
    assert shares(table) == {"birds": 0.75, "jump": 0.25}
    assert list(shares(table)) == ["birds", "jump"]
    assert shares(np.zeros((2, len(CLASSES)), np.float32)) == {}


def test_there_is_a_look_every_half_second_and_none_in_less_than_a_second():
    assert len(heard(tone(440, 3.02))) == 5
    assert len(heard(tone(440, 0.9))) == 0


def test_in_silence_nothing_is_heard():
    assert heard(np.zeros(2 * RATE, np.float32)).max() == 0


@pytest.mark.parametrize("place", ["birds", "waves", "fire", "traffic", "wind"])
def test_the_noise_of_a_place_is_known(place):
    samples = 0.05 * low(synthesis.ambience(place))
    named = shares(heard(samples))
    assert named[place] > 0.7


@pytest.mark.parametrize(
    ("sound", "name"),
    [
        (synthesis.struck("metal", 2), "metal impact"),
        (synthesis.struck("wood", 1), "wood impact"),
        (synthesis.effect("explosion", 1), "explosion"),  # explosion2, which the training never heard
        (synthesis.effect("jump", 0), "jump"),
    ],
)
def test_a_happening_in_a_room_is_named(sound, name):
    samples = 0.012 * low(synthesis.ambience("room"))[: 3 * RATE].copy()
    own = 0.4 * low(sound)[: 2 * RATE]
    samples[RATE : RATE + len(own)] += own
    table = heard(samples)
    assert table[:, CLASSES.index(name)].max() > events.thresholds()[CLASSES.index(name)]


def test_the_committed_network_is_small():
    assert events.WEIGHTS.stat().st_size < 300_000
