import numpy as np
import pytest

from assets.evaluation.prompts import Prompt
from assets.evaluation.sight import Sight
from assets.starter.quality import asked, exchanged, scored
from assets.world.combinations import colour_held_out, motion_held_out
from models.recipes import demo

PROMPTS = [
    Prompt.of("a red ball rolls left on a blue background"),
    Prompt.of("a green frog jumps on a white background"),
]


def test_scores_are_shares_of_the_clips_with_intervals_around_them():
    sights = [Sight("blue", "ball", "red", "right"), Sight("white", "fish", "green", "jump")]
    found = scored(PROMPTS, sights, "real")
    assert found["real_colour"] == found["real_background"] == 1.0
    assert found["real_object"] == found["real_motion"] == 0.5
    assert 0 < found["real_object_low"] < 0.5 < found["real_object_high"] < 1
    assert found["real_object_low"] == pytest.approx(0.0945, abs=1e-3)  # Wilson's of one in two


def test_exchanged_prompts_are_the_same_ones_elsewhere():
    many = [Prompt.of(f"a red ball rolls left on a blue background, {number}") for number in range(40)]
    other = exchanged(many)
    assert sorted(prompt.text for prompt in other) == sorted(prompt.text for prompt in many)
    assert sum(a != b for a, b in zip(many, other, strict=True)) > 30


@pytest.mark.parametrize("split", ["validation", "unseen"])
def test_prompts_and_clips_are_of_the_split_and_belong_together(split):
    found = asked(demo().world, split, 5)
    for prompt, clip in zip(found.prompts, found.clips, strict=True):
        assert clip.shape == (32, 64, 64, 3)
        assert clip.dtype == np.uint8
        colour = None if prompt.colour == "own" else prompt.colour
        new = colour_held_out(prompt.kind, colour) or motion_held_out(prompt.kind, prompt.motion)
        assert new == (split == "unseen")
