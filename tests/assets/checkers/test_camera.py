from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.camera import _histograms, _variants, camera, camera_of, features
from assets.checkers.clips import MOVING, rendered
from assets.checkers.tracking import steps, steps_of


@pytest.mark.parametrize("kind", ["zoom in", "push in", "pan left", "truck left", "tilt up", "pedestal down", "static"])
def test_a_camera_is_recognised_in_most_scenes(kind):
    options = replace(MOVING, split="validation", cameras=(kind,))
    said = [camera(rendered(seed, options).frames).value for seed in range(31_000, 31_005)]
    assert said.count(kind) >= 4


def test_a_picture_has_a_camera_at_rest():
    assert camera(np.zeros((1, 64, 64, 3), np.uint8)).value == "static"


def test_a_pan_mirrored_or_backwards_is_a_pan_to_the_other_side():
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    assert [kind for _, kind in _variants(steps(frames), "pan right")] == [
        "pan right",
        "pan left",
        "pan left",
        "pan right",
    ]
    assert [kind for _, kind in _variants(steps(frames), "zoom in")] == ["zoom in", "zoom out", "zoom in", "zoom out"]


def test_steps_of_grey_frames_are_judged_like_the_frames():
    import cv2

    clip = rendered(31_000, replace(MOVING, split="validation", cameras=("zoom out",)))
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip.frames]
    assert camera_of(steps_of(grey)) == camera(clip.frames)


def test_frames_without_any_corner_have_features_all_the_same():
    seen = features(steps(np.zeros((4, 64, 64, 3), np.uint8)))
    assert np.isfinite(seen).all()
    assert not seen.any()


def test_a_histogram_shares_each_value_between_its_two_nearest_places():
    finest, widest, bins = 0.1, 2.0, 5
    places = np.sinh(np.linspace(-1, 1, bins) * np.arcsinh(widest / finest)) * finest
    shares = _histograms(places, np.zeros(bins, int), 2, finest, widest, bins).reshape(2, bins) * (bins + 3)
    assert shares[0] == pytest.approx(np.ones(bins), abs=1e-4)
    assert not shares[1].any()
    between = np.sinh((np.arcsinh(places[1] / finest) + np.arcsinh(places[2] / finest)) / 2) * finest
    halves = _histograms(np.array([between]), np.array([1]), 2, finest, widest, bins).reshape(2, bins) * 4
    assert halves[1] == pytest.approx([0, 0.5, 0.5, 0, 0])
