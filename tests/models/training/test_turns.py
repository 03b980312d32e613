from collections import Counter

import pytest

from models.training.turns import Turns


def test_every_rank_finds_the_same_bucket_at_a_step_whatever_it_asked_before():
    ranks = [Turns([3.0, 1.0, 2.0], seed=5) for _ in range(4)]
    for step in range(0, 600, 7):
        ranks[0].bucket_at(step)  # one rank has been running, the others join late
    for step in (0, 299, 300, 1_000, 5_000):
        assert len({rank.bucket_at(step) for rank in reversed(ranks)}) == 1


def test_buckets_come_by_weight():
    turns = Turns([3.0, 0.0, 1.0], seed=1)
    drawn = Counter(turns.bucket_at(step) for step in range(4_000))
    assert drawn[0] / 4_000 == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / 4_000) ** 0.5)
    assert drawn[1] == 0


def test_earlier_counts_the_turns_before():
    turns = Turns([1.0, 1.0], seed=2)
    drawn = [turns.bucket_at(step) for step in range(50)]
    assert [turns.earlier(step) for step in range(50)] == [drawn[:step].count(drawn[step]) for step in range(50)]


def test_another_seed_gives_other_turns():
    assert [Turns([1, 1], 1).bucket_at(s) for s in range(20)] != [Turns([1, 1], 2).bucket_at(s) for s in range(20)]


@pytest.mark.parametrize("weights", [[], [0.0, 0.0]])
def test_no_weight_is_refused(weights):
    with pytest.raises(ValueError, match="positive weight"):
        Turns(weights, 0)
