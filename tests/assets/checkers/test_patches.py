import numpy as np
import pytest

from assets.checkers import patches
from assets.checkers.clips import STILL, rendered
from assets.checkers.patches import SHORT, Picture, Scene, Shown, laid, mirrored, of_clip, scenes
from assets.checkers.vocabulary import COLOURS, KINDS
from assets.world.combinations import colour_held_out
from assets.world.compositing import affine

GREY = Scene(np.full((SHORT, SHORT, 3), 117, np.uint8), np.zeros((SHORT, SHORT), bool), ("red", "green"))


def test_things_are_laid_where_they_are_said_to_be():
    rng = np.random.default_rng(1)
    alone = [one for one in (laid(rng, [GREY]) for _ in range(60)) if len(one.shown) == 1 and one.shown[0].share > 0.99]
    assert len(alone) >= 3
    for one in alone:
        thing = one.shown[0]
        rows, columns = np.nonzero((np.abs(one.pixels.astype(int) - 117) > 25).any(axis=2))
        reach = 0.75 * thing.extent
        assert abs(rows.mean() - thing.y) < 0.3 * thing.extent
        assert (np.hypot(rows - thing.y, columns - thing.x) < reach).mean() > 0.99


def test_what_flies_is_also_laid_as_if_it_spun(monkeypatch):
    angles = []
    monkeypatch.setattr(
        patches, "affine", lambda scale, angle, *rest: angles.append(angle) or affine(scale, angle, *rest)
    )
    monkeypatch.setattr(patches, "_thing", lambda rng, avoid: ("shuttle", "blue"))
    rng = np.random.default_rng(3)
    for _ in range(80):
        laid(rng, [GREY])
    level = np.isin(np.round(np.abs(angles), 6), np.round([0.0, np.pi / 2], 6))
    assert 0.1 < np.mean(~level) < 0.4


def test_nothing_is_laid_in_a_colour_that_would_be_lost():
    rng = np.random.default_rng(2)
    seen = [COLOURS[thing.colour] for _ in range(60) for thing in laid(rng, [GREY]).shown]
    assert len(seen) > 100
    assert not {"red", "green"} & set(seen)


def test_things_are_also_laid_in_colours_that_models_never_see_them_in():
    rng = np.random.default_rng(4)
    seen = [thing for _ in range(200) for thing in laid(rng, [GREY]).shown]
    unknown = [thing for thing in seen if colour_held_out(KINDS[thing.kind], COLOURS[thing.colour])]
    assert len(unknown) > len(seen) / 40


def test_a_thing_behind_what_stands_in_front_is_not_seen():
    behind = Scene(GREY.picture, np.ones((SHORT, SHORT), bool))
    shares = [thing.share for seed in range(9) for thing in laid(np.random.default_rng(seed), [behind]).shown]
    assert shares
    assert max(shares) == 0


def test_a_mirrored_picture_has_its_things_on_the_other_side():
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, :2] = 255
    one = mirrored(Picture(pixels, (Shown(1.0, 4.0, 2.0, 0, 0, 1.0),), ((2.0, 5.0, 6.0),)))
    assert one.taken == ((6.0, 5.0, 6.0),)
    assert one.shown[0].x == 7.0
    assert (one.pixels[:, 6:] == 255).all()
    assert (one.pixels[:, :6] == 0).all()


def test_empty_scenes_know_the_words_that_stand_in_front_of_them():
    fronts = [scene.front.mean() for scene in scenes(6, 31_000)]
    assert max(fronts) > 0
    assert min(fronts) == pytest.approx(0, abs=0.5)


def test_frames_of_a_clip_tell_what_its_truth_tells():
    clip = rendered(31_010, STILL)
    (one,) = of_clip(clip, clip.frames, [1])
    assert (one.pixels == clip.frames[1]).all()
    tracks = [track for track in clip.truth.tracks if np.isfinite(track.x[1])]
    assert [(KINDS[thing.kind], thing.x) for thing in one.shown] == [(t.kind, float(t.x[1])) for t in tracks]
