import numpy as np
import pytest

from assets.checkers.contrastive.scenes import places, scene, shrunk
from assets.checkers.contrastive.statements import truths
from models.contrastive.config import FRAMES, SIDE


@pytest.fixture(scope="module")
def twins():
    return [scene(seed) for seed in range(6)]  # one for each way to differ


def test_twins_differ_in_pixels_and_are_said_to_differ_in_one_thing(twins):
    for before, after in twins:
        assert before.frames.shape == (FRAMES, SIDE, SIDE, 3)
        assert not np.array_equal(before.frames, after.frames)
        differing = (
            (before.facts.place != after.facts.place)
            + (before.facts.camera != after.facts.camera)
            + (before.facts.things != after.facts.things)
        )
        assert differing <= 1


def test_statements_begin_with_true_ones_about_their_own_clip(twins):
    for example in (one for both in twins for one in both):
        truth = truths([statement for statement, _ in example.statements], [example.facts])[:, 0]
        assert truth[:4].tolist() == [1] * 4
        assert len(example.short) == 2


def test_the_same_seed_is_the_same_scene(twins):
    again = scene(3)
    for one, other in zip(again, twins[3], strict=True):
        assert np.array_equal(one.frames, other.frames)
        assert one.statements == other.statements


def test_places_are_distinct_and_shrinking_takes_means():
    assert len(set(places())) == len(places()) == 20
    checked = np.indices((4, 4)).sum(axis=0) % 2 * 100
    assert (shrunk(np.repeat(checked[None, ..., None], 3, axis=3).astype(np.uint8), 2) == 50).all()
