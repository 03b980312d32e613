import math
from itertools import pairwise

import numpy as np
import pytest

from assets.checkers.bodies import bodies, changed
from assets.checkers.touches import FEATURES, GRAVITY, touches
from assets.world.render import render
from tests.assets.world.worlds import scene, thing


def _touches(frames, fps):
    patches = [changed(one, other) for one, other in pairwise(frames)]
    return touches(frames, fps, bodies(frames, fps, patches), patches)


@pytest.mark.parametrize("fps", [16, 24])
def test_a_fall_is_touched_when_gravity_says_so(fps):
    clip = render(scene(thing("rock", "fall", x=0.1, y=-0.3)), 128, 128, fps, 2 * fps)
    (event,) = [event for event in clip.truth.events if event.kind == "impact"]
    drop = (clip.truth.tracks[0].y[-1] - clip.truth.tracks[0].y[0]) / 128
    assert event.seconds == pytest.approx(math.sqrt(2 * drop / GRAVITY), abs=0.01)
    found = [touch for touch in _touches(clip.frames, fps) if touch.kind == "lands"]
    assert min(abs(touch.seconds - event.seconds) for touch in found) < 0.02


def test_a_jump_is_a_leap_and_a_landing():
    clip = render(scene(thing("frog", "jump", starts=0.3, speed=1.0)), 128, 128, 24, 30)
    found = _touches(clip.frames, 24)
    leaps = [touch.seconds for touch in found if touch.kind == "leaps"]
    assert leaps == pytest.approx([0.3], abs=0.04)
    (landed,) = [event.seconds for event in clip.truth.events if event.kind == "impact"]
    assert min(abs(touch.seconds - landed) for touch in found if touch.kind == "lands") < 0.04


def test_a_bomb_bursts_where_fire_appears():
    clip = render(scene(thing("bomb", "explode", starts=0.2)), 128, 128, 16, 24)
    burst, *_ = [touch for touch in _touches(clip.frames, 16) if touch.kind == "bursts"]
    assert burst.seconds == pytest.approx(0.2, abs=0.5 / 16)
    assert len(burst.features) == FEATURES
    assert np.isfinite(burst.features).all()


def test_what_only_glides_touches_nothing():
    clip = render(scene(thing("spaceship", "right", x=-0.3, y=-0.1, speed=0.3)), 128, 128, 16, 24)
    assert _touches(clip.frames, 16) == []
