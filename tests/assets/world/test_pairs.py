import numpy as np
import pytest

from assets.world.combinations import held_out
from assets.world.draw import EASY, WorldOptions, draw
from assets.world.edits import EDITS, draw_edit
from assets.world.pairs import draw_same_person, reference, render_edit, sound_triple
from assets.world.render import render
from assets.world.spec import InvalidSpec
from tests.assets.world.worlds import scene, thing


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_changes_something_inside_its_mask_and_nothing_outside(kind):
    shares = []
    for seed in range(10):
        triple = render_edit(draw_edit(seed, kind=kind), 80, 80, 4, 5)
        differs = (triple.before.frames != triple.after.frames).any(-1)
        assert not (differs & ~triple.mask).any()
        shares.append(differs.sum() / max(1, triple.mask.sum()))
    assert np.median(shares) > 0.25  # the mask is about as large as the change


def test_an_instruction_names_what_changes():
    for seed in range(10):
        recolour = draw_edit(seed, kind="recolour")
        after = recolour.after.objects[recolour.after_index]
        assert after.colour in recolour.instruction
        assert after.kind in recolour.instruction
        words = draw_edit(seed, kind="text")
        assert f'"{words.after.text}"' in words.instruction
        removed = draw_edit(seed, kind="remove")
        assert removed.before.objects[removed.before_index].kind in removed.instruction
        assert len(removed.after.objects) == len(removed.before.objects) - 1


def test_edits_of_training_show_no_held_out_combination():
    for seed in range(40):
        edit = draw_edit(seed)
        assert not any(held_out(item) for item in (*edit.before.objects, *edit.after.objects))


def test_every_kind_of_edit_is_drawn():
    assert {draw_edit(seed).kind for seed in range(60)} == set(EDITS)


def test_an_edit_that_the_options_forbid_is_refused():
    with pytest.raises(InvalidSpec, match="recolour"):
        draw_edit(0, WorldOptions(kinds=("lava block", "ace card"), people=0, backgrounds=("plain",)), "recolour")


def test_edits_of_the_easy_corner_stay_there():
    for kind in ("recolour", "background", "motion"):
        edit = draw_edit(3, EASY, kind)
        assert edit.after.background.kind == "plain"
        assert len(edit.after.objects) == 1


def test_clips_of_one_person_share_the_person_alone():
    for seed in range(10):
        specs = draw_same_person(seed, count=3)
        assert len({spec.identity for spec in specs}) == 1
        assert len({spec.background for spec in specs}) > 1
        others = draw_same_person(seed + 1000, count=2)
        assert others[0].identity != specs[0].identity


def test_a_reference_shows_the_person_large():
    spec = next(spec for spec in map(draw, range(200)) if spec.objects[0].identity and spec.style == "natural")
    clip = render(spec, 128, 128, 8, 16)
    picture = reference(clip, 64)
    assert picture.shape == (64, 64, 3)
    frame = int(np.argmax(clip.truth.tracks[0].seen))
    mask = clip.truth.mask(0)[frame]
    assert np.abs(picture[20:44, 20:44].mean((0, 1)) - clip.frames[frame][mask].mean(0)).max() < 60


def test_a_clip_without_a_person_has_no_reference():
    with pytest.raises(InvalidSpec, match="no person"):
        reference(render(scene(thing()), 32, 32, 8, 1), 32)


def test_a_sound_triple_has_silence_of_the_sound_s_length():
    triple = sound_triple(render(scene(thing("ball", "bounce", y=-0.3)), 32, 32, 8, 8))
    assert not triple.silent.any()
    assert triple.sound.any()
    assert triple.silent.shape == triple.sound.shape == (48_000,)
