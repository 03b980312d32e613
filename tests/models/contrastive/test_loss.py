import math

import pytest
import torch

from models.contrastive.loss import judging, matching, naming


def test_the_loss_of_a_perfect_pairing_has_its_closed_form():
    scale, count = 5.0, 4
    loss = matching(scale * torch.eye(count))
    assert loss.item() == pytest.approx(math.log(1 + (count - 1) * math.exp(-scale)), rel=1e-5)


def test_equal_logits_cost_the_logarithm_of_their_number():
    assert matching(torch.zeros(6, 6)).item() == pytest.approx(math.log(6), rel=1e-5)


def test_a_text_that_is_true_of_another_clip_too_does_not_count_it_as_wrong():
    logits = torch.tensor([[2.0, 2.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 2.0]])
    shared = torch.zeros(3, 3, dtype=torch.bool)
    shared[0, 1] = True
    row = -math.log(math.exp(2) / (math.exp(2) + 1))
    rows = torch.stack([-logits[place].log_softmax(0)[place] for place in range(3)])
    columns = torch.stack([-logits[:, place].log_softmax(0)[place] for place in range(3)])
    columns[1] = -math.log(math.exp(3) / (math.exp(3) + 1))
    expected = (row + rows[1:].sum() + columns.sum()) / 6
    assert matching(logits, shared).item() == pytest.approx(float(expected), rel=1e-5)


def test_statements_weigh_true_false_and_hard_pairs_alike_and_leave_out_what_is_disputed():
    odds = torch.tensor([[1.0, -2.0], [5.0, 0.5]])
    truth = torch.tensor([[1, 0], [-1, 0]])
    hard = torch.tensor([[True, False], [True, True]])

    def cost(odd, true):
        return math.log(1 + math.exp(-odd if true else odd))

    false = (cost(-2.0, False) + cost(0.5, False)) / 2
    difficult = (cost(1.0, True) + cost(0.5, False)) / 2
    assert judging(odds, truth, hard).item() == pytest.approx((cost(1.0, True) + false + difficult) / 3, rel=1e-5)


def test_statements_that_are_all_in_dispute_cost_nothing():
    assert judging(torch.ones(1, 2), torch.full((1, 2), -1), torch.ones(1, 2, dtype=torch.bool)).item() == 0.0


def test_true_words_share_the_answer_and_disputed_ones_are_no_answer():
    logits = torch.tensor([[2.0, 1.0, 0.0, 9.0], [3.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    truth = torch.tensor([[1, 1, 0, -1], [0, 0, 1, 0], [0, 0, 0, 0]])
    first = -(logits[0, :3].log_softmax(0)[0] + logits[0, :3].log_softmax(0)[1]) / 2
    second = -logits[1].log_softmax(0)[2]
    assert naming(logits, truth).item() == pytest.approx(float(first + second) / 2, rel=1e-5)


def test_clips_without_a_true_word_cost_nothing():
    assert naming(torch.ones(2, 3), torch.zeros(2, 3)).item() == 0.0
