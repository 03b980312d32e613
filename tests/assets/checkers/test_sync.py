import numpy as np
import pytest

from assets.checkers.contacts import Contact
from assets.checkers.onsets import Onset
from assets.checkers.sync import features, judged, sync, train
from assets.world import sound
from assets.world.physics import simulate
from assets.world.render import render
from tests.assets.checkers.test_sync_cases import later
from tests.assets.world.worlds import scene, thing

SEEN = (Contact(0.6, "lands", 0.9), Contact(1.4, "lands", 0.8), Contact(1.9, "lands", 0.6))


def _heard(*seconds):
    return tuple(Onset(second, 1.0) for second in seconds)


@pytest.mark.parametrize("late", [-0.4, -0.25, 0.25, 0.5])
def test_the_offset_is_how_much_too_late_the_sound_is(late):
    said = judged(SEEN, _heard(*(one.seconds + late for one in SEEN)))
    assert said.value is False
    assert said.offset == pytest.approx(late, abs=0.01)
    assert said.fit == pytest.approx(1.0, abs=0.01)


def test_sound_at_the_contacts_is_in_sync():
    said = judged(SEEN, _heard(0.61, 1.39, 1.9))
    assert said.value is True
    assert said.confidence > 0.8
    assert abs(said.offset) <= 0.02


def test_where_nothing_happens_nobody_can_say():
    said = judged((), _heard(0.5))
    assert (said.value, said.confidence, said.offset) == (False, 0.5, None)
    still = np.full((12, 128, 128, 3), 90, np.uint8)
    assert sync(still, 12, np.zeros(48_000, np.float32)).confidence == 0.5


def test_silence_under_contacts_is_out_of_sync():
    said = judged(SEEN, ())
    assert said.value is False
    assert said.offset is None
    assert said.fit == 0.0


def test_a_bouncing_ball_is_in_sync_with_its_own_sound_and_not_with_late_sound():
    spec = scene(thing("ball", "bounce", colour="red", x=0.1, y=-0.3), theme="green hills")
    clip = render(spec, 128, 128, 24, 60)
    right = sync(clip.frames, 24, clip.samples)
    assert right.value is True
    assert abs(right.offset) < 0.03
    wrong = sync(clip.frames, 24, sound.mix(spec, later(simulate(spec, 3.0).happenings, 0.35), 2.5))
    assert wrong.value is False
    assert wrong.offset == pytest.approx(0.35, abs=0.03)


def test_features_do_not_depend_on_the_order_of_onsets():
    assert features(SEEN, _heard(0.6, 1.0, 1.7)) == pytest.approx(features(SEEN, _heard(1.7, 0.6, 1.0)))


def test_training_twice_gives_the_same_judge():
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(30):
        times = np.sort(rng.uniform(0.2, 2.5, 3))
        seen = [Contact(float(time), "lands", 0.9) for time in times]
        pairs += [(seen, _heard(*times), True), (seen, _heard(*rng.uniform(0.2, 2.5, 3)), False)]
    one, other = train(pairs, 3), train(pairs, 3)
    table = np.stack([features(seen, heard) for seen, heard, _ in pairs])
    assert np.array_equal(one.probabilities(table), other.probabilities(table))
    said = one.probabilities(table)[:, 1] > 0.5
    assert (said == [right for *_, right in pairs]).mean() > 0.9
