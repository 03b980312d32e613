import numpy as np
import pytest

from assets.checkers.contrastive import store as stores
from assets.checkers.contrastive.scenes import scene
from assets.checkers.contrastive.store import FIRST_SEED, Store


def told(*_):
    pass


def test_clips_and_texts_come_back_and_are_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_SCENES", 2)
    first = Store(tmp_path, 4, told)
    expected = scene(FIRST_SEED + 3)[1]
    assert np.array_equal(first.frames([7])[0], expected.frames)
    assert first.texts[7].facts == expected.facts
    assert (first.texts[7].short, first.texts[7].long) == (expected.short, expected.long)
    assert first.texts[7].statements == expected.statements
    monkeypatch.setattr(stores, "scene", lambda _: pytest.fail("a scene was rendered again"))
    assert np.array_equal(Store(tmp_path, 4, told).frames([7, 0]), first.frames([7, 0]))


@pytest.mark.parametrize("scenes", [0, 100])
def test_a_number_of_scenes_that_fills_no_part_is_refused(tmp_path, scenes):
    with pytest.raises(ValueError, match="multiple of 128"):
        Store(tmp_path, scenes, told)
