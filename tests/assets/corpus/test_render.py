import math
from dataclasses import replace

import numpy as np
import pytest

from assets.corpus.draw import draw
from assets.corpus.palette import RGB
from assets.corpus.render import render, render_scene
from assets.corpus.scene import Figure, Scene

_AREA = {  # of each shape with radius 1
    "circle": math.pi,
    "square": (2 * 0.86) ** 2,
    "triangle": 0.5 * (2 * (0.72 * 0.5 + 0.5) / math.cos(math.pi / 6)) * (0.72 + 1),
    "star": 5 * 0.45 * math.sin(math.pi / 5),
    "cross": 4 * (2 * 0.95 * 0.34) - 4 * 0.34**2,
    "ring": math.pi * (1 - 0.4**2),
}


def _still(shape, radius=0.3, **changes):
    scene = Scene("black", 0.0, Figure(shape, "white", "big", radius), "still", 0.5, 0.5, 1, 2.0)
    return replace(scene, **changes)


@pytest.mark.parametrize("shape", _AREA)
def test_a_shape_covers_its_area(shape):
    frame = render_scene(_still(shape), 200, 200, 1)[0].astype(float)
    dark, light = RGB["black"][0], RGB["white"][0]
    covered = ((frame[..., 0] - dark) / (light - dark)).sum()
    assert covered == pytest.approx(_AREA[shape] * 60**2, rel=0.01)


def test_edges_are_antialiased():
    frame = render_scene(_still("circle"), 64, 64, 1)[0, ..., 0]
    assert len(np.unique(frame)) > 10


def test_a_shape_moves_by_less_than_a_pixel():
    clip = render_scene(_still("circle", motion="right"), 64, 64, 32).astype(float)[..., 0] - RGB["black"][0]
    centre = (clip.sum(1) @ np.arange(64)) / clip.sum((1, 2))
    room = 64 - 2 * 0.3 * 64
    expected = 0.84 * room * (1 / 16) / 2  # a frame's share of 2 s
    assert np.diff(centre) == pytest.approx(np.full(31, expected), abs=0.03)


@pytest.mark.parametrize(("height", "width", "frames"), [(16, 16, 1), (64, 112, 5), (112, 64, 40), (33, 57, 3)])
def test_any_size_and_length_can_be_rendered(height, width, frames):
    for index in range(10):
        clip = render(draw("personalization", "train", index), height, width, frames)
        assert clip.shape == (frames, height, width, 3)
        assert clip.dtype == np.uint8


def test_the_figure_stays_inside_the_frame():
    for index in range(60):
        scene = draw("video", "train", index).scene
        plain = replace(scene, shade=0.0)
        clip = render_scene(plain, 64, 64, 32)
        edge = np.concatenate([clip[:, 0].reshape(-1, 3), clip[:, -1].reshape(-1, 3)])
        off = np.abs(edge.astype(int) - np.array(RGB[scene.background])).max(axis=1) > 60
        assert off.mean() < 0.05


def test_a_clip_that_stands_still_repeats_its_frame():
    clip = render_scene(_still("star"), 32, 32, 6)
    assert (clip == clip[0]).all()


def test_a_longer_rendering_begins_with_the_shorter_one():
    spec = draw("video", "train", 4)
    assert np.array_equal(render(spec, 48, 48, 20)[:12], render(spec, 48, 48, 12))
