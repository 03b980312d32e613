import json
from dataclasses import replace

import numpy as np
import pytest

from assets.corpus.captions import paraphrases
from assets.corpus.draw import draw, lasting, seed_of
from assets.corpus.render import render, render_reference, render_source
from assets.corpus.scene import KINDS, ClipSpec
from assets.corpus.sound import sound


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(kind):
    first, second = draw(kind, "train", 7), draw(kind, "train", 7)
    assert first == second
    assert render(first, 48, 64, 9).tobytes() == render(second, 48, 64, 9).tobytes()
    assert sound(first, 0.5).tobytes() == sound(second, 0.5).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_specification_survives_json(kind):
    for index in range(20):
        spec = draw(kind, "validation", index)
        assert ClipSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec


def test_splits_share_no_seed_and_no_picture():
    train = {seed_of("train", index) for index in range(5000)}
    validation = {seed_of("validation", index) for index in range(5000)}
    assert not train & validation
    scenes = {draw("video", "train", index).scene for index in range(200)}
    assert not scenes & {draw("video", "validation", index).scene for index in range(200)}


def test_a_clip_number_outside_its_split_is_refused():
    with pytest.raises(ValueError, match="outside"):
        seed_of("train", 1 << 30)


@pytest.mark.parametrize("kind", ["image", "video", "sound"])
def test_captions_name_what_the_scene_holds(kind):
    for index in range(100):
        spec = draw(kind, "train", index)
        scene = spec.scene
        for caption in (spec.caption, *paraphrases(spec)):
            assert f"{scene.background} background" in caption
            assert f"{scene.figure.colour} {scene.figure.shape}" in caption
        assert spec.caption in paraphrases(spec)
        assert scene.figure.colour != scene.background


def test_a_clip_has_many_wordings():
    assert len(set(paraphrases(draw("video", "train", 0)))) >= 8


def test_a_persons_caption_names_none_of_the_identitys_colours():
    for index in range(100):
        spec = draw("personalization", "train", index)
        identity = spec.scene.figure.identity
        words = set(spec.caption.replace(",", "").split())
        assert "person" in words
        assert not words & {identity.hair, identity.shirt, identity.trim} - {spec.scene.background}
        assert spec.scene.background not in (identity.hair, identity.shirt)


def test_a_reference_shows_the_same_person_in_another_way():
    for index in range(50):
        spec = draw("personalization", "train", index)
        assert spec.reference.figure.identity == spec.scene.figure.identity
        assert spec.reference.background != spec.scene.background
        assert spec.reference.figure.radius != spec.scene.figure.radius
        assert render_reference(spec, 64).shape == (64, 64, 3)


def test_an_edit_changes_one_thing_and_its_instruction_names_the_new_one():
    seen = set()
    for index in range(200):
        spec = draw("editing", "train", index)
        before, after = spec.before, spec.scene
        figure = after.figure
        changed = {
            "background": before.background != after.background,
            "colour": before.figure.colour != figure.colour,
            "shape": before.figure.shape != figure.shape,
            "size": before.figure.size != figure.size,
        }
        assert sum(changed.values()) == 1
        what = next(name for name, yes in changed.items() if yes)
        seen.add(what)
        new = {"background": after.background, "colour": figure.colour, "shape": figure.shape, "size": figure.size}
        word = {"big": "big", "small": "small"}.get(new[what], new[what])
        assert word in spec.caption
        same = replace(
            after,
            background=before.background,
            figure=replace(
                figure,
                colour=before.figure.colour,
                shape=before.figure.shape,
                size=before.figure.size,
                radius=before.figure.radius if changed["size"] else figure.radius,
            ),
        )
        assert same == before
    assert seen == {"background", "colour", "shape", "size"}


def test_an_edit_of_the_objects_colour_leaves_every_background_pixel_alone():
    spec = next(s for s in (draw("editing", "train", i) for i in range(50)) if "recolour" in s.caption)
    before, after = render_source(spec, 64, 64, 8), render(spec, 64, 64, 8)
    changed = np.any(before != after, axis=-1)
    diameter = 2 * spec.scene.figure.radius * 64 + 2
    rows, columns = np.nonzero(changed[0].any(1))[0], np.nonzero(changed[0].any(0))[0]
    assert 0 < np.ptp(rows) + 1 <= diameter
    assert 0 < np.ptp(columns) + 1 <= diameter


def test_an_edit_of_the_background_leaves_the_object_alone():
    spec = next(s for s in (draw("editing", "train", i) for i in range(50)) if "background" in s.caption)
    before, after = render_source(spec, 64, 64, 8), render(spec, 64, 64, 8)
    same = np.all(before == after, axis=-1)
    assert same.any(axis=(1, 2)).all()
    assert same.mean() < 0.4


def test_a_clip_can_be_made_to_last_longer():
    spec = lasting(draw("video", "train", 0), 4.0)
    assert spec.scene.seconds == 4.0
    assert np.array_equal(render(spec, 32, 32, 64)[::2], render(draw("video", "train", 0), 32, 32, 32))


def test_only_edits_have_a_source_and_only_people_a_reference():
    spec = draw("video", "train", 0)
    with pytest.raises(ValueError, match="editing"):
        render_source(spec, 32, 32, 1)
    with pytest.raises(ValueError, match="personalization"):
        render_reference(spec, 32)
