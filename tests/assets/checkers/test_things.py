import numpy as np

from assets.checkers.clips import STILL, rendered
from assets.checkers.patches import SHORT
from assets.checkers.things import Sighting, joined, things
from assets.checkers.vocabulary import COLOURS, KINDS
from assets.world.draw import WorldOptions

EASY = WorldOptions(
    seconds=(2.0, 2.0), objects=(1, 1), sizes=("big",), motions=("still",), cameras=("static",),
    backgrounds=("plain",), people=0.0, text=0.0, styles=0.0, offscreen=0.0,
)  # fmt: skip


def _mostly(words, word):
    return np.log(np.where(np.array(words) == word, 0.9, 0.1 / (len(words) - 1)))


def _sighting(frame, x, kind="frog", colour="red", y=0.0):
    return Sighting(frame, x, y, 0.3, 0.9, _mostly(KINDS, kind), _mostly(COLOURS, colour))


def test_a_big_thing_on_a_plain_wall_is_found_where_it_is_and_known():
    near = named = 0
    for seed in range(41_000, 41_006):
        clip = rendered(seed, EASY, frames=3)
        track = clip.truth.tracks[0]
        x, y = (track.x[0] - SHORT / 2) / SHORT, (track.y[0] - SHORT / 2) / SHORT
        found = [one for one in things(clip.frames) if np.hypot(one.x[0] - x, one.y[0] - y) < 0.08]
        near += len(found) == 1
        named += bool(found) and (found[0].kind, found[0].colour) == (track.kind, track.colour or "own")
    assert near >= 5
    assert named >= 5


def test_a_larger_clip_gives_the_same_things():
    clip = rendered(41_000, EASY, frames=3)
    (small,) = things(clip.frames)
    (large,) = things(clip.frames.repeat(2, axis=1).repeat(2, axis=2))
    assert (small.kind, small.colour) == (large.kind, large.colour)
    assert np.allclose(small.x, large.x, atol=0.01)
    assert np.allclose(small.extent, large.extent, atol=0.02)


def test_an_empty_wall_holds_nothing():
    assert things(np.full((3, 128, 128, 3), 128, np.uint8)) == ()


def test_the_scenes_that_figures_are_measured_on_hold_the_camera_still():
    assert STILL.cameras == ("static",)


def test_two_things_that_pass_each_other_keep_their_looks_and_ways():
    frames = [[_sighting(at, -0.3 + 0.04 * at), _sighting(at, 0.3 - 0.04 * at, "box", "blue")] for at in range(16)]
    first, second = sorted(joined(frames), key=lambda thing: thing.x[0])
    assert (first.kind, first.colour, second.kind, second.colour) == ("frog", "red", "box", "blue")
    assert np.allclose(np.diff(first.x), 0.04)
    assert np.allclose(np.diff(second.x), -0.04)


def test_a_thing_that_is_hidden_for_long_and_comes_back_is_one():
    seen = [[_sighting(at, -0.3 + 0.04 * at)] if not 4 <= at < 12 else [] for at in range(16)]
    (one,) = joined(seen)
    assert one.frames.tolist() == [0, 1, 2, 3, 12, 13, 14, 15]


def test_another_thing_in_the_place_of_one_that_vanished_is_another():
    seen = [
        [_sighting(at, 0.0)] if at < 7 else [] if at < 9 else [_sighting(at, 0.0, "box", "blue")] for at in range(16)
    ]
    assert {thing.kind for thing in joined(seen)} == {"frog", "box"}


def test_what_is_seen_once_is_nothing():
    seen = [[_sighting(5, 0.2)] if at == 5 else [] for at in range(16)]
    assert joined(seen) == ()
