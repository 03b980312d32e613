import numpy as np
import pytest

from assets.evaluation.sight import seen_in
from assets.world.render import pictures
from assets.world.spec import BackgroundSpec, ObjectSpec, WorldSpec


def scene(background, motion="right"):
    thing = ObjectSpec("ball", "red", "big", 0.42, -0.3, 0.0, 0.3, motion, "rubber")
    return WorldSpec(1, "train", 2.0, (thing,), background)


@pytest.mark.parametrize("fps", [8, 16, 32])
def test_a_clip_is_seen_alike_at_every_rate(fps):
    sight = seen_in(pictures(scene(BackgroundSpec("plain", ("yellow",))), 64, 112, fps, 2 * fps), fps)
    assert (sight.background, sight.colour, sight.motion) == ("yellow", "red", "right")


def test_a_graded_wall_is_named_by_both_ends_from_above():
    assert seen_in(pictures(scene(BackgroundSpec("gradient", ("white", "blue"))), 96, 96, 8, 4), 8).background == (
        "white and blue"
    )


def test_nothing_is_made_up_where_nothing_is():
    sight = seen_in(np.full((4, 64, 64, 3), (44, 164, 70), np.uint8), 16)
    assert (sight.background, sight.kind, sight.colour, sight.motion) == ("green", None, None, None)
