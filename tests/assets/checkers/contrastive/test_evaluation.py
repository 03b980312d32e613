import numpy as np
import pytest

from assets.checkers.contrastive.evaluation import (
    alignment_answers,
    fine_answers,
    held_out,
    retrieval,
    shuffled_answers,
)
from assets.checkers.scores import balanced
from models.contrastive.embedder import packaged_embedder


def test_ranks_are_counted_from_the_nearest():
    cosines = np.array([[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.3, 0.2, 0.1]])
    found = retrieval(cosines)
    assert (found.first, found.five, found.median, found.chance) == (
        pytest.approx(1 / 3),
        1.0,
        2.0,
        pytest.approx(1 / 3),
    )
    assert retrieval(np.zeros((9, 9))).median == 5.0  # all alike: nobody is found


def test_each_clip_is_asked_about_its_own_caption_and_the_next_one_s():
    answers = alignment_answers(np.where(np.eye(4), 0.99, -0.99))
    assert answers == [(True, True)] * 4 + [(False, False)] * 4


def test_the_trained_model_tells_captions_apart_and_shuffled_ones_not():
    shown = held_out(16, "validation", 3_000)
    vectors = packaged_embedder().clips([clip.frames for clip in shown])
    cosines = vectors @ packaged_embedder().texts([clip.truth.short for clip in shown]).T
    answers = alignment_answers(cosines)
    assert balanced(*zip(*answers, strict=True)).value > 0.8
    assert retrieval(cosines).first > 4 / 16
    control = [answer for seed in range(40) for answer in shuffled_answers(cosines, seed)]
    assert balanced(*zip(*control, strict=True)).value == pytest.approx(0.5, abs=0.04)
    fine = fine_answers(shown, vectors, "place")
    assert np.mean([said for said, _ in fine]) > 0.8
