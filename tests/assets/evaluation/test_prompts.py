"""The evaluation prompts: true of the world, in its wording, and spread over it."""

from collections import Counter

import pytest

from assets.evaluation.prompts import EVALUATION_PROMPTS, Prompt, shares
from assets.evaluation.sight import Sight
from assets.world.captions import SHORT_WORDS, short
from assets.world.cast import natural
from assets.world.colours import COLOURS
from assets.world.combinations import held_out
from assets.world.kinds import BY_NAME
from assets.world.physics import simulate
from assets.world.spec import BackgroundSpec, ObjectSpec, WorldSpec
from models.recipes import SILHOUETTES, demo


def scene(prompt, seed):
    kind = BY_NAME[prompt.kind]
    thing = ObjectSpec(prompt.kind, prompt.colour, "big", 0.4, 0.0, 0.0, 0.5, prompt.motion, kind.material)
    return WorldSpec(seed, "train", 0.1, (thing,), BackgroundSpec("plain", (prompt.background,)))


def test_there_are_twenty_and_they_cover_the_corner_that_the_demo_trains_on():
    assert len({prompt.text for prompt in EVALUATION_PROMPTS}) == 20
    assert {prompt.background for prompt in EVALUATION_PROMPTS} == set(COLOURS)
    assert {prompt.colour for prompt in EVALUATION_PROMPTS} == set(COLOURS)
    assert {prompt.motion for prompt in EVALUATION_PROMPTS} == set(demo().world.motions)
    assert {prompt.kind for prompt in EVALUATION_PROMPTS} < set(SILHOUETTES)
    assert max(Counter(prompt.kind for prompt in EVALUATION_PROMPTS).values()) <= 2


@pytest.mark.parametrize("prompt", EVALUATION_PROMPTS, ids=lambda prompt: prompt.text)
def test_each_is_a_caption_that_the_world_gives_a_scene_of_training(prompt):
    spec = scene(prompt, 0)
    assert prompt.motion in BY_NAME[prompt.kind].motions
    assert prompt.colour != natural(prompt.kind, None)
    assert not held_out(spec.objects[0])
    wordings = {short(scene(prompt, seed), simulate(spec, 0.1), moving=True) for seed in range(200)}
    assert prompt.text in wordings
    assert len(prompt.text.split()) <= SHORT_WORDS


@pytest.mark.parametrize("prompt", EVALUATION_PROMPTS, ids=lambda prompt: prompt.text)
def test_the_truth_beside_each_is_what_its_words_say(prompt):
    assert Prompt.of(prompt.text) == prompt


def test_what_a_text_leaves_open_is_not_asked_for():
    sight = Sight("red", "coin", "white", "fall")
    assert Prompt.of("a white coin falls to the ground").answered(sight) == dict.fromkeys(
        ("kind", "colour", "motion"), True
    )
    assert Prompt.of("a coin on a red background").answered(sight) == {
        "background": True,
        "kind": True,
        "colour": False,
    }


def test_shares_are_taken_among_those_that_name_a_part():
    asked = [Prompt.of("a white coin falls"), Prompt.of("a white coin falls on a red background")]
    found = shares(asked, [Sight("blue", "coin", "white", "fall"), Sight("blue", "coin", "black", None)])
    assert found == {"background": 0.0, "kind": 1.0, "colour": 0.5, "motion": 0.5}


def test_what_is_not_seen_is_not_right_and_a_spin_shows_as_rest():
    spinning = next(prompt for prompt in EVALUATION_PROMPTS if prompt.motion == "spin")
    assert spinning.answered(Sight(spinning.background))["motion"] is False
    assert all(spinning.answered(Sight(spinning.background, spinning.kind, spinning.colour, "still")).values())
