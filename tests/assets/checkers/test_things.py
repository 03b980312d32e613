import numpy as np

from assets.checkers.clips import STILL, rendered
from assets.checkers.patches import SHORT
from assets.checkers.things import things
from assets.world.draw import WorldOptions

EASY = WorldOptions(
    seconds=(2.0, 2.0), objects=(1, 1), sizes=("big",), motions=("still",), cameras=("static",),
    backgrounds=("plain",), people=0.0, text=0.0, styles=0.0, offscreen=0.0,
)  # fmt: skip


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
