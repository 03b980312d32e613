import numpy as np

from assets.curation.signals.events import BANDS, CLASSES, RATE, SPAN
from assets.curation.signals.events_training import HELD_OUT, _faster, _Part, _targets, recording, train, windows
from assets.world.synthesis import EFFECTS


def _tone(hertz, seconds, loud):
    return (loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_windows_are_looks_with_targets_of_every_class():
    looks, targets = windows(np.random.default_rng(0), 30)
    assert looks.shape == (120, SPAN, BANDS)
    assert targets.shape == (120, len(CLASSES))
    assert set(np.unique(targets)) <= {-1.0, 0.0, 1.0}
    assert (targets == 1).any(axis=0).sum() >= 12
    assert looks.min() >= -1
    assert looks.max() == 1


def test_a_blow_is_asked_for_where_it_begins_and_not_where_it_dies_away():
    blow = _Part("coin", RATE, _tone(800, 1.5, 0.3), lasting=False)
    at = CLASSES.index("coin")
    assert _targets([blow], RATE // 2, RATE)[at] == 1
    assert _targets([blow], RATE * 3 // 2, RATE)[at] == -1
    assert _targets([blow], 0, RATE // 2)[at] == 0


def test_what_is_drowned_is_not_asked_for():
    at = CLASSES.index("birds")
    soft = _Part("birds", 0, _tone(3000, 1.0, 1e-3), lasting=True)
    loud = _Part("engine", 0, np.random.default_rng(0).normal(0, 0.5, RATE).astype(np.float32), lasting=True)
    assert _targets([soft], 0, RATE)[at] == 1
    assert _targets([soft, loud], 0, RATE)[at] < 1


def test_recordings_that_are_held_out_exist_and_leave_others_to_learn_from():
    for kind, names in EFFECTS.items():
        assert HELD_OUT & set(names)
        assert set(names) - HELD_OUT, kind
    assert all(np.abs(recording(name)).max() == 1 for name in HELD_OUT)


def test_a_sound_played_twice_as_fast_is_half_as_long_and_an_octave_higher():
    tone = _tone(500, 1.0, 0.5)
    fast = _faster(tone, 2.0)
    assert len(fast) == RATE // 2
    assert np.abs(np.fft.rfft(fast)).argmax() / len(fast) * RATE == 1000


def test_training_twice_gives_the_same_weights():
    looks, targets = windows(np.random.default_rng(1), 4)
    one, other = train(looks, targets, 0), train(looks, targets, 0)
    assert all(np.array_equal(one[name], other[name]) for name in one)
