import numpy as np

from assets.checkers.clips import STILL, rendered
from assets.checkers.patches import SHORT, STRIDE, Scene, batch
from assets.checkers.things import things
from assets.world.draw import WorldOptions


def test_a_big_thing_on_a_plain_wall_is_found_where_it_is():
    options = WorldOptions(
        seconds=(2.0, 2.0), objects=(1, 1), sizes=("big",), motions=("still",), cameras=("static",),
        backgrounds=("plain",), people=0.0, text=0.0, styles=0.0, offscreen=0.0,
    )  # fmt: skip
    near = 0
    for seed in range(41_000, 41_006):
        clip = rendered(seed, options, frames=3)
        track = clip.truth.tracks[0]
        x, y = (track.x[0] - SHORT / 2) / SHORT, (track.y[0] - SHORT / 2) / SHORT
        near += any(np.hypot(thing.x[0] - x, thing.y[0] - y) < 0.12 for thing in things(clip.frames))
    assert near >= 5


def test_an_empty_wall_holds_nothing():
    assert things(np.full((3, 128, 128, 3), 128, np.uint8)) == ()


def test_patches_ask_for_a_thing_at_its_centre_and_point_to_it():
    back = Scene(np.full((SHORT, SHORT, 3), 60, np.uint8), np.zeros((SHORT, SHORT), bool))
    _, targets = batch(np.random.default_rng(0), [back], 16)
    asked = targets.there == 1
    assert asked.any()
    assert (targets.kind[asked] >= 0).all()
    assert (targets.colour[asked] >= 0).all()
    assert (np.hypot(*targets.place.transpose(1, 0, 2, 3)[:2])[asked] * STRIDE < 0.3 * SHORT).all()


def test_the_scenes_that_figures_are_measured_on_hold_the_camera_still():
    assert STILL.cameras == ("static",)
