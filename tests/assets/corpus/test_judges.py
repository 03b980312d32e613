import io

import av
import numpy as np
import pytest

from assets.corpus import judges
from assets.corpus.draw import draw
from assets.corpus.palette import COLOURS, RGB, lab
from assets.corpus.prompts import EVALUATION_PROMPTS
from assets.corpus.render import render
from assets.corpus.scene import MOTIONS, SHAPES

_SIZES = ((64, 64), (64, 112), (112, 64), (96, 96))


def _clean(frames):
    return frames


def _blurred_and_noisy(frames):
    soft = sum(np.roll(frames.astype(float), (dy, dx), (1, 2)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9
    noise = np.random.default_rng(0).normal(0, 12, frames.shape)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def _h264(frames):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=16, options={"crf": "35"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(
    ("degrade", "clips", "floor"), [(_clean, 200, 0.99), (_blurred_and_noisy, 50, 0.97), (_h264, 50, 0.97)]
)
def test_judges_see_what_the_captions_say(degrade, clips, floor):
    right = np.zeros(3)
    for index in range(clips):
        spec = draw("video", "validation", index)
        frames = degrade(render(spec, *_SIZES[index % len(_SIZES)], 32))
        scene = spec.scene
        right += (
            judges.background_colour(frames) == scene.background,
            judges.object_colour(frames) == scene.figure.colour,
            judges.motion(frames) == scene.motion,
        )
    assert (right / clips >= floor).all(), right / clips


def test_judges_see_a_persons_background():
    for index in range(40):
        spec = draw("personalization", "validation", index)
        assert judges.background_colour(render(spec, 64, 64, 8)) == spec.scene.background


def test_nothing_is_seen_on_an_empty_background():
    noise = np.random.default_rng(0).normal(0, 4, (8, 64, 64, 3))
    empty = np.clip(np.array(RGB["blue"]) + noise, 0, 255).astype(np.uint8)
    assert judges.background_colour(empty) == "blue"
    assert judges.object_colour(empty) is None
    assert judges.motion(empty) is None


def test_a_picture_has_no_motion():
    assert judges.motion(render(draw("image", "train", 0), 64, 64, 1)) is None


def test_named_colours_are_well_apart():
    table = lab(np.array([RGB[name] for name in COLOURS]))
    apart = np.linalg.norm(table[:, None] - table[None], axis=-1)
    assert apart[~np.eye(len(COLOURS), dtype=bool)].min() > 35


@pytest.mark.parametrize(
    ("rgb", "expected"), [((255, 255, 255), (100, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.20)), ((0, 0, 0), (0, 0, 0))]
)
def test_lab_agrees_with_published_values(rgb, expected):
    assert lab(np.array(rgb)) == pytest.approx(np.array(expected), abs=0.02)


def test_prompts_cover_every_background_and_state_their_truth():
    assert len(EVALUATION_PROMPTS) == 20
    assert {prompt.background for prompt in EVALUATION_PROMPTS} == set(COLOURS)
    assert {prompt.motion for prompt in EVALUATION_PROMPTS} == set(MOTIONS)
    for prompt in EVALUATION_PROMPTS:
        assert prompt.shape in SHAPES
        assert f"{prompt.background} background" in prompt.text
        assert f"{prompt.colour} {prompt.shape}" in prompt.text
        assert prompt.colour != prompt.background
