import numpy as np
import pytest

from assets.world import synthesis
from assets.world.backdrops import THEMES
from assets.world.draw import draw
from assets.world.physics import STEPS, simulate
from assets.world.render import render
from assets.world.sound import heard, mix
from tests.assets.world.worlds import scene, thing

_RATE = 48_000


def test_the_first_sample_that_an_event_changes_is_its_own():
    kinds = set()
    for seed in range(40):
        spec = draw(seed)
        done = simulate(spec, spec.seconds)
        whole = mix(spec, done.happenings, spec.seconds)
        for event in done.happenings:
            others = tuple(other for other in done.happenings if other is not event)
            changed = np.flatnonzero(whole != mix(spec, others, spec.seconds))
            if event.step < spec.seconds * STEPS:
                assert changed[0] == event.step * _RATE // STEPS
                kinds.add(event.kind)
    assert kinds == {"impact", "jump", "coin", "explosion", "engine"}


def test_the_truth_of_a_clip_names_those_samples():
    spec = scene(thing("ball", "bounce", y=-0.3, material="rubber"))
    clip = render(spec, 32, 32, 8, 16)
    impacts = [event for event in clip.truth.events if event.kind == "impact"]
    assert len(impacts) >= 2
    for event in impacts:
        assert event.seconds * _RATE == pytest.approx(event.sample, abs=1e-6)
        before = np.abs(clip.samples[event.sample - 200 : event.sample]).max()
        assert np.abs(clip.samples[event.sample]) > 3 * before


def test_events_after_the_clip_s_end_are_not_in_its_truth():
    spec = scene(thing("bomb", "explode", starts=1.5))
    assert not any(event.kind == "explosion" for event in render(spec, 32, 32, 8, 8).truth.events)
    assert any(event.kind == "explosion" for event in render(spec, 32, 32, 8, 16).truth.events)


@pytest.mark.parametrize("material", synthesis.MATERIALS)
def test_a_blow_is_loudest_at_its_first_sample_and_dies_away(material):
    sound = synthesis.struck(material, 0)
    assert sound[0] == 1 == np.abs(sound).max()
    assert np.abs(sound[-100:]).max() < 0.01


def test_metal_rings_higher_and_longer_than_wood():
    def centre(material):
        spectrum = np.abs(np.fft.rfft(synthesis.struck(material, 0), 1 << 16)) ** 2
        return (spectrum * np.fft.rfftfreq(1 << 16, 1 / _RATE)).sum() / spectrum.sum()

    assert centre("metal") > 1.3 * centre("wood")
    assert len(synthesis.struck("metal", 0)) > 2 * len(synthesis.struck("wood", 0))


def test_a_larger_thing_sounds_lower():
    def pitch(semitones):
        return np.argmax(np.abs(np.fft.rfft(synthesis.struck("rubber", semitones), 1 << 17)))

    assert pitch(-12) == pytest.approx(pitch(0) / 2, rel=0.03)


@pytest.mark.parametrize("theme", THEMES)
def test_an_ambience_repeats_without_a_seam(theme):
    loop = synthesis.ambience(THEMES[theme].ambience)
    assert abs(loop[0] - loop[-1]) < 4 * np.abs(np.diff(loop)).std() + 1e-3


@pytest.mark.parametrize("kind", synthesis.EFFECTS)
def test_recordings_begin_at_once(kind):
    for choice in range(len(synthesis.EFFECTS[kind])):
        sound = synthesis.effect(kind, choice)
        assert np.abs(sound).max() == pytest.approx(1)
        assert abs(sound[0]) > 0.02


def test_a_longer_sound_begins_with_the_shorter_one():
    spec = draw(21)
    done = simulate(spec, 12.0)
    assert np.array_equal(mix(spec, done.happenings, 9.0)[: 2 * _RATE], mix(spec, done.happenings, 2.0))


def test_an_engine_runs_as_long_as_the_clip():
    spec = scene(thing("car", "right", x=-0.3, speed=0.3, colour=None))
    clip = render(spec, 32, 32, 8, 16)
    without = mix(spec, (), 2.0)
    level = np.abs(clip.samples - without).reshape(20, -1).max(axis=1)
    assert level.min() > 0.03


def test_what_is_heard_without_a_picture_is_the_clip_s_own_sound():
    for seed in range(4):
        spec = draw(seed)
        assert np.array_equal(heard(spec, 1.5), render(spec, 16, 16, 4, 6).samples)
