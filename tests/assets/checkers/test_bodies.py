from itertools import pairwise

import numpy as np
import pytest

from assets.checkers.bodies import bodies, changed

FPS = 16


def _falling(places, side=24, seed=0):
    """Frames [F, 128, 128, 3] of a speckled square whose top left corner is at places [F, 2] (x, y), whole pixels."""
    rng = np.random.default_rng(seed)
    thing = rng.integers(0, 255, (side, side, 3), dtype=np.uint8)
    thing = thing.repeat(4, axis=0)[::4].repeat(4, axis=1)[:, ::4]
    frames = np.full((len(places), 128, 128, 3), 90, np.uint8)
    for frame, (x, y) in zip(frames, places, strict=True):
        frame[y : y + side, x : x + side] = thing
    return frames


def _patches(frames):
    return [changed(one, other) for one, other in pairwise(frames)]


def test_a_body_goes_as_far_as_its_picture():
    places = [(40, 4), (41, 6), (42, 9), (43, 13), (44, 18), (45, 24), (46, 31), (47, 39)]
    frames = _falling(places)
    (body,) = [one for one in bodies(frames, FPS, _patches(frames)) if one.points.max() >= 3]
    assert body.dy * 128 == pytest.approx(np.diff(places, axis=0)[:, 1], abs=0.3)
    assert body.dx * 128 == pytest.approx(np.ones(7), abs=0.3)


def test_a_body_that_comes_back_from_the_ground_stays_one_body():
    heights = [10, 20, 32, 46, 60, 48, 38, 30]
    frames = _falling([(50, y) for y in heights])
    moving = [one for one in bodies(frames, FPS, _patches(frames)) if np.isfinite(one.dy).sum() == 7]
    assert moving[0].dy * 128 == pytest.approx(np.diff(heights), abs=0.3)


def test_a_body_knows_that_it_was_at_rest():
    frames = _falling([(50, 60)] * 3 + [(50, 54), (50, 49), (50, 45)])
    (body,) = bodies(frames, FPS, _patches(frames))
    assert body.rested
    assert list(body.area > 0) == [False, False, True, True, True]
    (moving,) = bodies(frames[3:], FPS, _patches(frames[3:]))
    assert not moving.rested


def test_nothing_moves_in_a_still_picture_with_a_little_noise():
    frames = _falling([(50, 60)] * 5)
    noise = np.random.default_rng(1).integers(-4, 5, frames.shape)
    noisy = np.clip(frames.astype(int) + noise, 0, 255).astype(np.uint8)
    assert bodies(noisy, FPS, _patches(noisy)) == ()


def test_patches_are_numbered_from_one_without_gaps():
    first, second = _falling([(10, 10)])[0], _falling([(80, 80)])[0]
    labels, count = changed(first, second)
    assert count == 2
    assert set(np.unique(labels)) == {0, 1, 2}
    assert labels[20, 20] != labels[90, 90] != 0
