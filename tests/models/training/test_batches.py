from collections import Counter
from pathlib import Path

import pytest
import torch

from models.recipes import DataMix
from models.training.batches import Batches
from models.training.errors import DataMissing


def batches(index: Path, size: int = 4, seed: int = 3, **weights: float) -> Batches:
    groups = weights or {"image-low": 1.0, "video-low": 1.0}
    mix = [DataMix(str(index), group.replace("_", "-"), weight) for group, weight in groups.items()]
    return Batches(mix, size, seed)


def test_the_slices_of_two_ranks_make_the_batch_of_one(index: Path):
    data = batches(index)
    for step in range(30):
        whole = data.batch(step, 0, 1)
        halves = [data.batch(step, rank, 2) for rank in range(2)]
        for name, tensor in whole.items():
            torch.testing.assert_close(torch.cat([half[name] for half in halves]), tensor, rtol=0, atol=0)


def test_a_step_is_the_same_whatever_was_asked_before(index: Path):
    fresh, used = batches(index), batches(index)
    for step in range(700):
        used.rows(step)
    assert fresh.rows(650) == used.rows(650)
    assert fresh.rows(2) == used.rows(2)


def test_a_bucket_gives_every_sample_once_an_epoch(index: Path):
    data = batches(index, **{"image-low": 1.0})
    first = [row for step in range(5) for row in data.rows(step)[1]]
    second = [row for step in range(5, 10) for row in data.rows(step)[1]]
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second


def test_a_batch_that_ends_an_epoch_goes_on_in_the_next(index: Path):
    data = batches(index, size=8, **{"image-low": 1.0})
    rows = [row for step in range(5) for row in data.rows(step)[1]]
    assert Counter(rows) == dict.fromkeys(range(20), 2)


def test_groups_are_drawn_by_weight_and_their_buckets_by_size(index: Path):
    data = batches(index, **{"image-low": 1.0, "video-low": 3.0})
    drawn = Counter(data.rows(step)[0] for step in range(2000))
    # Buckets in order: image-low (1/4 of the weight), video-low 1x4x8 (7 of 16 samples), video-low 2x4x4 (9 of 16).
    for number, share in enumerate([0.25, 0.75 * 7 / 16, 0.75 * 9 / 16]):
        assert drawn[number] / 2000 == pytest.approx(share, abs=4 * (share * (1 - share) / 2000) ** 0.5)


def test_another_seed_gives_another_order(index: Path):
    assert [batches(index, seed=1).rows(s) for s in range(5)] != [batches(index, seed=2).rows(s) for s in range(5)]


def test_a_batch_that_does_not_divide_over_the_ranks_is_refused(index: Path):
    with pytest.raises(ValueError, match="does not divide"):
        batches(index).batch(0, 0, 3)


def test_an_empty_mix_is_refused(index: Path):
    with pytest.raises(DataMissing, match="weight"):
        batches(index, **{"image-low": 0.0})


def test_balanced_batches_hold_about_as_many_tokens_in_multiples_of_the_ranks(index: Path):
    mix = [DataMix(str(index), "image-low"), DataMix(str(index), "video-low")]
    data = Batches(mix, 4, 3, token_balance=2)
    held = {}
    for step in range(60):
        _, rows = data.rows(step)
        latent = data.batch(step, 0, 1)["latent"]
        assert len(rows) == len(latent)
        held[latent.shape[2:]] = (len(latent), latent[0, 0].numel() * len(latent))
    assert len(held) == 3
    assert all(batch % 2 == 0 for batch, _ in held.values())
    tokens = [size for _, size in held.values()]
    assert max(tokens) == min(tokens)  # grids of 16 and 32 positions: batches of 8 and 4
    assert {batch for batch, _ in held.values()} == {4, 8}


def test_weights_of_balanced_batches_are_of_samples(index: Path):
    mix = [DataMix(str(index), "image-low", 1.0), DataMix(str(index), "video-low", 2.0)]
    data = Batches(mix, 4, 3, token_balance=2)
    seen: Counter[int] = Counter()
    for step in range(3000):
        choice, rows = data.rows(step)
        seen[choice] += len(rows)
    # Buckets in order: image-low (batches of 8), video-low 1x4x8 and 2x4x4 (of 4; 7 and 9 of 16 samples).
    for number, share in enumerate([1 / 3, 2 / 3 * 7 / 16, 2 / 3 * 9 / 16]):
        assert seen[number] / seen.total() == pytest.approx(share, abs=0.03)


def test_a_balanced_bucket_also_gives_every_sample_once_an_epoch(index: Path):
    data = Batches([DataMix(str(index), "image-low"), DataMix(str(index), "video-low")], 4, 3, token_balance=1)
    seen: dict[int, list[int]] = {}
    for step in range(300):
        choice, rows = data.rows(step)
        seen.setdefault(choice, []).extend(rows)
    for rows in seen.values():
        size = max(rows) + 1
        assert sorted(rows[:size]) == list(range(size))
        assert sorted(rows[size : 2 * size]) == list(range(size))
