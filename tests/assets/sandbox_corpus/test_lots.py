import json
from dataclasses import replace

import numpy as np
import pytest

from assets.sandbox_corpus.lots import record, records, seed_of
from assets.sandbox_corpus.record import KINDS, Record
from assets.sandbox_corpus.rendering import reference_picture
from assets.world import identities
from assets.world.combinations import held_out
from assets.world.render import pictures
from models.recipes import full, smoke

_WORLD = smoke().world


def _some(kind, split="train", count=20, world=_WORLD):
    return [record(kind, split, index, world) for index in range(count)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("world", [_WORLD, full().world], ids=["demo", "full"])
def test_a_record_is_a_function_of_its_arguments_and_survives_json(kind, world):
    for made in _some(kind, "validation", 6, world):
        again = record(kind, "validation", int(made.id[-6:]), world)
        assert again == made
        assert Record.from_row(json.loads(json.dumps(made.row()))) == made


def test_no_two_records_share_a_seed():
    seeds = [seed_of(kind, split, i) for kind in KINDS for split in ("train", "validation") for i in (0, 1, 5000)]
    assert len(set(seeds)) == len(seeds)
    with pytest.raises(ValueError, match="outside"):
        seed_of("image", "train", 1 << 26)


def test_training_holds_no_combination_and_no_person_that_is_kept_from_it():
    for split in ("train", "validation"):
        for kind in KINDS:
            for made in _some(kind, split, 15, full().world):
                scenes = [scene for scene in (made.spec, made.before, made.reference) if scene]
                things = [thing for scene in scenes for thing in scene.objects]
                assert not any(map(held_out, things))
                people = [thing.identity for thing in things if thing.identity is not None]
                assert all(identities.held_out(person) == (split == "validation") for person in people)


def test_the_corner_is_what_the_recipe_says():
    for made in _some("video", count=60):
        (thing,) = made.spec.objects
        assert thing.kind in _WORLD.kinds
        assert thing.motion in _WORLD.motions
        assert thing.size == "big"
        assert made.spec.camera.kind == "static"
        assert made.spec.text is None
    backgrounds = [made.spec.background.kind for made in _some("video", count=200)]
    assert 0.65 < backgrounds.count("plain") / 200 < 0.85


def test_a_share_of_the_captions_is_long_and_the_others_are_short():
    made = _some("image", count=200, world=replace(_WORLD, long_captions=0.3))
    told = [one for one in made if one.caption == one.long]
    assert 0.2 < len(told) / 200 < 0.4
    assert all(one.caption == one.short for one in made if one not in told)
    assert not any(one.caption == one.long for one in _some("image", world=replace(_WORLD, long_captions=0.0)))


def test_a_persons_caption_names_none_of_the_persons_colours():
    for made in _some("personalization", world=replace(_WORLD, long_captions=1.0)):
        assert "a person" in made.caption
        colours = {name for name in (*identities.HAIRS, *identities.TOPS) if name in made.caption.split()}
        assert colours <= set(made.spec.background.colours)


def test_a_reference_shows_the_same_person_in_another_clip():
    for made in _some("personalization", count=8):
        assert made.other.identity == made.spec.identity is not None
        assert made.other.seed != made.spec.seed
        picture = reference_picture(made, 64)
        assert picture.shape == (64, 64, 3)
        edge = np.concatenate([picture[0], picture[:, 0], picture[:, -1]]).astype(float)
        middle = picture[16:48, 24:40].reshape(-1, 3).astype(float)
        assert np.abs(middle - np.median(edge, axis=0)).max(axis=1).mean() > 20, "somebody is in the middle"


def test_an_edit_changes_one_thing_and_its_caption_is_the_instruction():
    kinds = set()
    for made in _some("editing", count=12):
        changed = [
            name
            for name, one, other in (
                ("background", made.source.background, made.spec.background),
                ("objects", made.source.objects, made.spec.objects),
                ("style", made.source.style, made.spec.style),
            )
            if one != other
        ]
        assert len(changed) == 1
        assert made.caption.split()[0] in {"make", "recolour", "turn", "replace", "remove", "take", "change"}
        kinds.add(changed[0])
    assert kinds == {"background", "objects"}


def test_a_bigger_corpus_begins_with_the_smaller_one():
    size = replace(smoke().corpus, images=8, videos=4, validation=2, pairs=3, sounds=3)
    small = {made.id: made for made in records(size, _WORLD)}
    big = {made.id: made for made in records(replace(size, images=10, videos=6), _WORLD)}
    assert len(big) > len(small)
    assert all(big[name] == made for name, made in small.items())


def test_a_picture_is_one_frame_of_something_at_rest():
    for made in _some("image"):
        assert all(thing.motion == "still" for thing in made.spec.objects)
        assert pictures(made.spec, 32, 32, 16, 1).shape == (1, 32, 32, 3)
