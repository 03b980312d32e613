import json
import subprocess
import sys
from pathlib import Path

import pytest

from assets.world.colours import COLOURS
from assets.world.combinations import colour_held_out, held_out, motion_held_out
from assets.world.draw import EASY, SEEDS, WorldOptions, draw
from assets.world.identities import held_out as person_held_out
from assets.world.kinds import KINDS
from assets.world.spec import CAMERAS, InvalidSpec
from models.files import sha256_json

_MANY = range(300)


def _drawn(split):
    return [draw(seed, WorldOptions(split=split)) for seed in _MANY]


def test_a_seed_gives_the_same_specification_in_another_process():
    seeds = (0, 7, 123456)
    code = f"import json; from assets.world.draw import draw; print(json.dumps([draw(s).as_json() for s in {seeds}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert json.loads(done.stdout) == json.loads(json.dumps([draw(seed).as_json() for seed in seeds]))


def test_different_seeds_and_splits_give_different_clips():
    digests = {
        sha256_json({**draw(seed, WorldOptions(split=split)).as_json(), "seed": 0, "split": ""})
        for seed in range(100)
        for split in ("train", "validation")
    }
    assert len(digests) == 200


def test_training_and_validation_show_no_held_out_combination():
    for split in ("train", "validation"):
        for spec in _drawn(split):
            assert not any(held_out(thing) for thing in spec.objects)


def test_the_unseen_split_shows_a_held_out_combination_first():
    assert all(held_out(spec.objects[0]) for spec in _drawn("unseen"))


def test_people_of_training_are_none_of_the_other_splits():
    people = {
        split: {thing.identity for spec in _drawn(split) for thing in spec.objects if thing.identity is not None}
        for split in ("train", "validation")
    }
    assert len(people["train"]) > 35
    assert len(people["validation"]) > 35
    assert not any(person_held_out(number) for number in people["train"])
    assert all(person_held_out(number) for number in people["validation"])


def test_every_kind_colour_and_motion_is_left_to_training():
    for kind in KINDS:
        assert sum(not colour_held_out(kind.name, colour) for colour in COLOURS) >= 5
        assert any(not motion_held_out(kind.name, motion) for motion in kind.motions)
    for colour in COLOURS:
        assert any(colour_held_out(kind.name, colour) for kind in KINDS)


def test_the_whole_world_is_reached():
    specs = _drawn("train")
    assert {spec.camera.kind for spec in specs} == set(CAMERAS)
    assert len({thing.kind for spec in specs for thing in spec.objects}) > 60
    assert {len(spec.objects) for spec in specs} >= {1, 2, 3, 4}
    assert {spec.background.kind for spec in specs} == {"plain", "gradient", "layered"}
    assert sum(spec.text is not None for spec in specs) > 30


def test_the_easy_corner_is_one_big_thing_on_a_plain_ground():
    for seed in range(60):
        spec = draw(seed, EASY)
        assert spec.camera.kind == "static"
        assert spec.background.kind == "plain"
        (thing,) = spec.objects
        assert thing.size == "big"
        assert thing.colour not in spec.background.colours


def test_options_are_obeyed():
    options = WorldOptions(
        kinds=("frog", "ball"), colours=("red", "cyan"), motions=("left", "jump"), cameras=("tracking",), people=0,
        objects=(2, 2), own_colours=0, offscreen=0, meetings=0, text=1,
    )  # fmt: skip
    for seed in range(40):
        spec = draw(seed, options)
        assert spec.camera.kind == "tracking"
        assert spec.objects[0].motion == "left"
        assert len(spec.objects) == 2
        assert spec.text
        assert {thing.kind for thing in spec.objects} <= {"frog", "ball"}
        assert {thing.colour for thing in spec.objects} <= {"red", "cyan"}


@pytest.mark.parametrize("seed", [-1, SEEDS])
def test_seeds_are_bounded(seed):
    with pytest.raises(InvalidSpec, match="seed"):
        draw(seed)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cameras": ("pan left",), "backgrounds": ("plain",)}, "layered"),
        ({"objects": (3, 2)}, "objects"),
        ({"split": "test"}, "split"),
    ],
)
def test_impossible_options_are_refused(options, said):
    with pytest.raises(InvalidSpec, match=said):
        WorldOptions(**options)


def test_options_that_fit_nothing_say_so():
    with pytest.raises(InvalidSpec, match="no object fits"):
        draw(0, WorldOptions(kinds=("bush",), motions=("rise",), people=0))


def test_a_tracking_camera_always_has_something_to_follow():
    options = WorldOptions(objects=(0, 1), cameras=("tracking",), backgrounds=("layered",), motions=("left",), people=0)
    assert all(draw(seed, options).objects for seed in range(20))


def test_a_corner_without_wander_begins_everything_at_its_usual_place():
    kept = WorldOptions(objects=(1, 1), wander=0.0, motions=("still", "spin", "bounce", "fall"), offscreen=0.0)
    starts = {(thing.motion, thing.x, thing.y) for seed in range(200) for thing in draw(seed, kept).objects}
    assert {(motion, x) for motion, x, _ in starts} == {(m, 0.0) for m in ("still", "spin", "bounce", "fall")}
    assert {(m, y) for m, _, y in starts if m in {"bounce", "fall"}} == {("bounce", -0.33), ("fall", -0.33)}
    with pytest.raises(InvalidSpec, match="wander"):
        WorldOptions(wander=1.5)
