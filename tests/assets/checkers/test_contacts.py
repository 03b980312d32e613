import numpy as np
import pytest

from assets.checkers.coded import coded
from assets.checkers.contacts import Contact, _parted, contacts
from assets.world.render import render
from tests.assets.world.worlds import scene, thing


@pytest.mark.parametrize("through", [lambda frames: frames, lambda frames: coded(frames, 24)])
def test_every_bounce_is_a_contact_at_its_time(through):
    clip = render(scene(thing("ball", "bounce", colour="blue", x=-0.1, y=-0.3), theme="green hills"), 128, 128, 24, 60)
    true = [event.seconds for event in clip.truth.events if event.kind == "impact"]
    found = [one.seconds for one in contacts(through(clip.frames), 24) if one.kind == "lands"]
    assert len(true) >= 2
    assert found == pytest.approx(true, abs=0.03)


def test_a_bursting_bomb_is_a_contact():
    clip = render(scene(thing("bomb", "explode", starts=0.3)), 128, 128, 16, 32)
    (burst,) = [one for one in contacts(clip.frames, 16) if one.kind == "bursts"]
    assert burst.seconds == pytest.approx(0.3, abs=0.04)


def test_what_flies_and_what_stands_touches_nothing():
    clip = render(scene(thing("spaceship", "left", x=0.3, y=-0.1, speed=0.3)), 128, 128, 16, 24)
    assert contacts(clip.frames, 16) == ()
    assert contacts(np.repeat(clip.frames[:1], 8, axis=0), 16) == ()


def test_contacts_that_sound_as_one_are_one():
    found = [Contact(1.0, "lands", 0.9), Contact(1.03, "lands", 0.3), Contact(1.5, "leaps", 0.6)]
    first, second = _parted(found)
    assert first == Contact(pytest.approx((0.9 + 0.3 * 1.03) / 1.2), "lands", 0.9)
    assert second == found[2]
