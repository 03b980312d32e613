from itertools import pairwise

import pytest

from assets.world.captions import long, short
from assets.world.draw import EASY, WorldOptions, draw
from assets.world.physics import simulate
from assets.world.spec import CAMERAS
from tests.assets.world.worlds import scene, thing

_MANY = range(50)


def _captions(spec, *, moving=True):
    done = simulate(spec, spec.seconds)
    return short(spec, done, moving=moving), long(spec, done, moving=moving)


@pytest.mark.parametrize("options", [WorldOptions(), WorldOptions(objects=(0, 5)), EASY])
@pytest.mark.parametrize("moving", [True, False])
def test_captions_keep_their_lengths(options, moving):
    for seed in _MANY:
        brief, full = _captions(draw(seed, options), moving=moving)
        assert 1 <= len(brief.split()) < 12, brief
        assert 60 <= len(full.split()) <= 120, full


def test_captions_name_the_first_object_the_place_and_every_object():
    for seed in _MANY:
        spec = draw(seed)
        brief, full = _captions(spec)
        first = spec.objects[0]
        assert (f"{first.colour} {first.kind}" if first.colour else first.kind) in brief
        for item in spec.objects:
            assert (f"{item.colour} {item.kind}" if item.colour else item.kind) in full.lower()
        if spec.text:
            assert f'"{spec.text}"' in full


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_long_caption_tells_the_camera(camera):
    word = {"push in": ("push", "forward"), "pull out": ("pull", "backward")}.get(camera)
    spec = scene(thing("robot", "right", x=-0.3), camera=camera, theme="desert")
    _, full = _captions(spec)
    sentence = next(part for part in full.split(".") if ("amera" in part and "close to" not in part) or " lens" in part)
    stems = (
        word
        or {
            "pan right": ("pans right", "to the right"),
            "pan left": ("pans left", "to the left"),
            "truck right": ("trucks right", "sideways to the right"),
            "truck left": ("trucks left", "sideways to the left"),
            "tilt up": ("tilts up", "upward"),
            "tilt down": ("tilts down", "downward"),
            "pedestal up": ("pedestals up", "raised"),
            "pedestal down": ("pedestals down", "lowered"),
            "zoom in": ("zooms in",),
            "zoom out": ("zooms out",),
            "arc": ("arc",),
            "tracking": ("track",),
            "static": ("static", "not move"),
            "handheld": ("andheld",),
        }[camera]
    )
    assert any(stem in sentence for stem in stems), sentence


def test_wordings_vary():
    spec = scene(thing("frog", "jump"))
    told = {_captions(scene(thing("frog", "jump"), seed=seed)) for seed in range(60)}
    assert len({brief for brief, _ in told}) >= 5
    assert len({full for _, full in told}) >= 30
    assert _captions(spec) == _captions(spec)


def test_an_image_is_told_without_motion():
    brief, full = _captions(scene(thing("frog", "jump")), moving=False)
    assert "jump" not in brief + full
    assert "camera" not in brief + full


def test_what_is_pushed_is_told_as_pushed():
    spec = scene(thing("robot", "right", x=-0.3, speed=0.4), thing("box", x=0.15, extent=0.2))
    assert "pushed" in _captions(spec)[1]


def test_an_article_suits_its_word():
    for seed in _MANY:
        _, full = _captions(draw(seed))
        words = full.replace(",", "").lower().split()
        for article, after in pairwise(words):
            if article == "a":
                assert after[0] not in "aeio", full
            if article == "an":
                assert after[0] in "aeiou", full
