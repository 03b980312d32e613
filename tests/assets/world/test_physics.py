import math

import numpy as np
import pytest

from assets.world.physics import GRAVITY, JUMP, KEPT, STEPS, simulate
from assets.world.spec import FLOOR
from tests.assets.world.worlds import scene, thing


def _heard(done, kind):
    return [h for h in done.happenings if h.kind == kind]


def test_a_falling_ball_obeys_gravity_and_is_heard_when_it_lands():
    ball = thing("ball", "fall", extent=0.2, y=-0.3)
    done = simulate(scene(ball), 2.0)
    depth = FLOOR - 0.1 + 0.3
    lands = math.sqrt(2 * depth / GRAVITY)
    times = np.linspace(0, lands * 0.95, 20)
    assert done.at(times)[1][0] == pytest.approx(-0.3 + GRAVITY * times**2 / 2, abs=0.006)
    (impact, *_) = _heard(done, "impact")
    assert impact.step / STEPS == pytest.approx(lands, abs=0.01)
    assert impact.material == "wood"


def test_a_bounce_returns_less_high_each_time():
    done = simulate(scene(thing("ball", "bounce", extent=0.2, y=-0.3)), 3.0)
    impacts = [h.step / STEPS for h in _heard(done, "impact")]
    assert len(impacts) >= 3
    gaps = np.diff(impacts)
    assert gaps[1:] / gaps[:-1] == pytest.approx(np.full(len(gaps) - 1, 0.86), abs=0.05)


def test_every_corner_that_a_thrown_box_comes_down_on_sounds():
    box = thing("box", "throw left", extent=0.25, x=0.3, speed=0.6, starts=0.2)
    done = simulate(scene(box), 3.0)
    speed = np.diff(done.y[0]) * STEPS / KEPT
    sudden = np.flatnonzero(speed[:-3] - speed[3:] > 0.4)  # short sides / s upward within 25 ms
    sudden = (sudden[sudden * KEPT > 0.4 * STEPS] + 1.5) * KEPT  # after it has left the ground
    impacts = np.array([h.step for h in _heard(done, "impact")])
    assert len(impacts) >= 3
    assert np.abs(impacts[:, None] - sudden).min(axis=0).max() <= 0.025 * STEPS
    assert np.diff(impacts).min() >= 0.07 * STEPS


def test_things_stay_above_the_floor():
    for motion in ("fall", "bounce", "throw left", "left", "jump"):
        kind = "frog" if motion in {"jump", "left"} else "box"
        done = simulate(scene(thing(kind, motion, y=-0.2, speed=0.5)), 3.0)
        assert done.y.max() < FLOOR


def test_a_jump_reaches_its_height_and_sounds_at_its_beginning():
    done = simulate(scene(thing("frog", "jump", starts=0.25, speed=1.0)), 2.0)
    assert _heard(done, "jump")[0].step == round(0.25 * STEPS)
    assert done.y[0, 0] - done.y[0].min() == pytest.approx(JUMP, abs=0.01)
    assert done.airborne[0].any()
    assert not done.airborne[0, 0]


def test_a_walker_pushes_what_stands_in_its_way():
    walker, box = thing("robot", "right", x=-0.3, speed=0.4), thing("box", x=0.15, extent=0.2)
    pushed = simulate(scene(walker, box), 2.0)
    (hit, *_) = [h for h in _heard(pushed, "impact") if h.objects == (0, 1)]
    assert pushed.x[1, -1] - pushed.x[1, 0] > 0.2
    assert pushed.x[1, hit.step // KEPT - 2] == pytest.approx(0.15, abs=0.002)
    apart = simulate(scene(walker, thing("box", x=0.15, extent=0.2, lane=1)), 2.0)
    assert apart.x[1, -1] == pytest.approx(0.15, abs=0.002)


def test_a_walker_collects_a_coin():
    done = simulate(scene(thing("robot", "right", x=-0.3, speed=0.4), thing("coin", x=0.2, extent=0.15)), 2.0)
    (coin,) = _heard(done, "coin")
    assert done.gone == (None, coin.step)


def test_a_rolling_ball_turns_as_far_as_it_goes():
    done = simulate(scene(thing("ball", "right", extent=0.2, x=-0.3, speed=0.3)), 2.0)
    assert done.angle[0, -1] - done.angle[0, 0] == pytest.approx((done.x[0, -1] - done.x[0, 0]) / 0.1, rel=0.02)


def test_a_bomb_is_gone_when_it_explodes():
    done = simulate(scene(thing("bomb", "explode", starts=0.5)), 2.0)
    assert done.gone == (240,)
    assert _heard(done, "explosion")[0].step == 240
    assert np.ptp(done.y[0, 240 // KEPT :]) == 0  # its blast stays where it was


def test_a_longer_simulation_begins_with_the_shorter_one():
    spec = scene(thing("ball", "bounce", y=-0.3), thing("box", "throw left", x=0.3, starts=0.2, lane=1))
    short, long = simulate(spec, 1.0), simulate(spec, 3.0)
    count = short.x.shape[1]
    for one, other in ((short.x, long.x), (short.y, long.y), (short.angle, long.angle)):
        assert np.array_equal(one, other[:, :count])
    assert short.happenings == tuple(h for h in long.happenings if h.step <= STEPS)
