import numpy as np
import pytest

from assets.corpus import sound as sounds
from assets.corpus.draw import draw
from assets.corpus.motion import events, poses
from assets.corpus.scene import MOTIONS
from assets.corpus.sound import sound

_RATE = 48_000


def _of(motion, count=1):
    found = [s for s in (draw("sound", "train", i) for i in range(400)) if s.scene.motion == motion]
    return found[:count]


@pytest.mark.parametrize("motion", ["bounces", "spins"])
def test_the_first_sample_that_an_event_changes_is_its_own(motion, monkeypatch):
    for spec in _of(motion, 4):
        heard = sound(spec, spec.scene.seconds)
        assert spec.events
        for event in spec.events:
            others = tuple(e for e in spec.events if e != event)
            monkeypatch.setattr(sounds, "events", lambda *_, others=others: others)
            without = sound(spec, spec.scene.seconds)
            monkeypatch.undo()
            assert np.flatnonzero(heard != without)[0] == round(event.seconds * _RATE)


def test_a_bounce_is_heard_when_the_figure_touches_the_floor():
    for spec in _of("bounces", 5):
        times = np.array([event.seconds for event in spec.events])
        assert len(times) == spec.scene.turns
        assert poses(spec.scene, times).y == pytest.approx(np.ones(len(times)), abs=1e-4)


def test_events_are_onsets_of_energy():
    spec = _of("bounces")[0]
    heard = sound(spec, spec.scene.seconds)
    for event in spec.events:
        at = round(event.seconds * _RATE)
        assert np.abs(heard[at : at + 100]).max() > 3 * np.abs(heard[at - 100 : at]).max()


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_sounds_within_range(motion):
    spec = _of(motion)[0]
    heard = sound(spec, 2.5)
    assert heard.shape == (120_000,)
    assert heard.dtype == np.float32
    assert 0.01 < np.abs(heard).max() < 1


def test_a_rising_figure_is_heard_as_a_rising_tone():
    spec = _of("up")[0]
    heard = sound(spec, 2.0)

    def pitch(samples):
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        hertz = np.fft.rfftfreq(len(samples), 1 / _RATE)
        return hertz[np.argmax(np.where(hertz > 260, spectrum, 0))]

    assert pitch(heard[4800:14400]) < 0.7 * pitch(heard[-24000:-14400])


def test_a_longer_clip_has_the_events_that_come_later():
    spec = _of("bounces")[0]
    assert len(events(spec.scene, 4.0)) == 2 * len(events(spec.scene, 2.0))
