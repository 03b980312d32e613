from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.camera import _variants, camera
from assets.checkers.clips import MOVING, rendered
from assets.checkers.tracking import steps


@pytest.mark.parametrize("kind", ["zoom in", "pan left", "tilt up", "pedestal down", "static"])
def test_a_camera_is_recognised_in_most_scenes(kind):
    options = replace(MOVING, split="validation", cameras=(kind,))
    said = [camera(rendered(seed, options).frames).value for seed in range(31_000, 31_005)]
    assert said.count(kind) >= 3


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
