from dataclasses import replace

from assets.ablations import recipe
from assets.ablations.recipe import ARMS, OURS, Recipe, images_at, spread
from assets.evaluation import sight
from models.starter import WEIGHTS

SMALL = replace(Recipe(), steps=12, image_steps=3, every=4)


def test_both_orders_hold_equally_many_batches_of_each_kind():
    first, mixed = (images_at(SMALL, order) for order in ("images-first", "mixed"))
    assert first == [True] * 3 + [True, False, False, False] * 2 + [True]
    assert sum(first) == sum(mixed) == 6
    assert mixed == [False, True] * 6


def test_spreading_leaves_no_kind_out_for_long():
    shown = spread(80, 20)
    assert sum(shown) == 20
    assert all(sum(shown[start : start + 4]) == 1 for start in range(0, 80, 4))
    assert not any(spread(80, 0))


def test_each_arm_differs_from_ours_in_one_thing():
    for arm in ARMS[1:]:
        same = [getattr(arm, name) == getattr(OURS, name) for name in ("objective", "block", "positions", "order")]
        assert same.count(False) == 1


def test_the_digest_changes_with_any_number():
    assert replace(SMALL, guidance=2.0).digest != SMALL.digest
    assert replace(SMALL).digest == SMALL.digest


def test_other_judges_are_other_cells_and_another_autoencoder_makes_other_latents(monkeypatch, tmp_path):
    (tmp_path / WEIGHTS).write_bytes(b"other")
    before = SMALL.digest, SMALL.shown
    monkeypatch.setattr(sight, "WEIGHTS", (tmp_path / WEIGHTS,))
    judged = SMALL.digest
    assert judged != before[0]
    assert SMALL.shown == before[1]
    monkeypatch.setattr(recipe, "AUTOENCODER", tmp_path)
    assert SMALL.shown != before[1]
    assert SMALL.digest != judged
