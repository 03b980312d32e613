import json

import pytest
import torch

from models.training.errors import LossNotFinite
from models.training.solo import Draw, Solo


def solo(folder, loss=None, **changes):
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)

    def fit(step, draw):
        x = torch.randn(8, 3, generator=draw.torch)
        return {"loss": (model(x) - x[:, :2]).square().mean()}

    values = {"steps": 20, "learning_rate": 0.1, "checkpoint_every": 5, "log_every": 5} | changes
    return Solo(model, loss or fit, folder, **values)


def test_it_minimises_the_loss_and_records_it(tmp_path):
    solo(tmp_path, steps=60).run()
    records = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == list(range(5, 61, 5))
    assert records[-1]["loss"] < 0.5 * records[0]["loss"]


def test_a_second_run_of_a_finished_training_changes_nothing(tmp_path):
    first = solo(tmp_path)
    first.run()
    again = solo(tmp_path, loss=lambda step, draw: pytest.fail("a step was taken"))
    again.run()
    assert torch.equal(again.model.weight, first.model.weight)


def test_the_curves_of_a_training_that_was_killed_behind_its_last_checkpoint_are_written(tmp_path):
    solo(tmp_path).run()
    curves = tmp_path / "metrics.jsonl"
    written = curves.read_text()
    curves.unlink()  # as a kill just after the checkpoint leaves it
    solo(tmp_path).run()
    assert curves.read_text() == written


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    whole = solo(tmp_path / "whole")
    whole.run()
    solo(tmp_path / "damaged").run()
    (tmp_path / "damaged/work/step-20/state.safetensors").write_bytes(b"damage")
    resumed = solo(tmp_path / "damaged")
    resumed.run()
    assert torch.equal(resumed.model.weight, whole.model.weight)


def poisoned(folder, losses=(), gradients=(), **changes):
    """A training whose loss, or only the gradient of it, is not a number at some places of the data."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    asked = []

    def fit(place, draw):
        asked.append(place)
        x = torch.randn(8, 3, generator=draw.torch)
        loss = (model(x) - x[:, :2]).square().mean()
        if place in losses:
            loss = loss * float("nan")
        if place in gradients:
            loss = loss + (loss - loss.detach()).abs().sqrt()
        return {"loss": loss}

    values = {"steps": 20, "learning_rate": 0.1, "checkpoint_every": 5, "log_every": 1} | changes
    return Solo(model, fit, folder, **values), asked


def told(folder, *names):
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [tuple(record.get(name) for name in names) for record in records if names[1] in record]


def test_steps_that_are_not_finite_are_left_out_and_recorded(tmp_path):
    training, asked = poisoned(tmp_path, losses=[3], gradients=[8])
    training.run()
    assert asked == list(range(20))
    assert told(tmp_path, "step", "skipped") == [(4, 1), (9, 2)]
    assert [step for step, _ in told(tmp_path, "step", "loss")] == [step for step in range(1, 21) if step not in {4, 9}]
    assert torch.isfinite(training.model.weight).all()


def test_a_step_that_is_left_out_changes_nothing(tmp_path):
    training, _ = poisoned(tmp_path, gradients=[0, 1], steps=2, checkpoint_every=10)
    before = training.model.weight.clone()
    training.run()
    assert torch.equal(training.model.weight, before)


def test_several_in_a_row_lead_back_to_the_checkpoint_once_and_on_with_other_draws(tmp_path):
    training, asked = poisoned(tmp_path, losses=[12, 13], gradients=[14])
    training.run()
    assert asked == [*range(15), *range(15, 25)]  # from step 10 on with the data behind the broken
    assert told(tmp_path, "step", "rolled_back_from", "skipped") == [(11, 15, 3)]
    steps = [step for step, _ in told(tmp_path, "step", "loss")]
    assert steps == list(range(1, 21))
    assert torch.isfinite(training.model.weight).all()


def test_a_run_that_was_killed_after_it_went_back_ends_as_one_that_was_not(tmp_path):
    whole, _ = poisoned(tmp_path / "whole", losses=[12, 13, 14])
    whole.run()

    class Killed(Exception):
        pass

    broken, asked = poisoned(tmp_path / "broken", losses=[12, 13, 14])
    real = broken.loss

    def until(limit):
        def loss(place, draw):
            if place == limit:
                raise Killed
            return real(place, draw)

        return loss

    for limit in (16, 22):  # before and after the first checkpoint that follows
        broken.loss = until(limit)
        with pytest.raises(Killed):
            broken.run()
    broken.loss = real
    broken.run()
    assert asked[-5:] == [20, 21, 22, 23, 24]
    assert torch.equal(broken.model.weight, whole.model.weight)
    assert (tmp_path / "broken/metrics.jsonl").read_bytes() == (tmp_path / "whole/metrics.jsonl").read_bytes()


def test_a_checkpoint_that_leads_nowhere_is_given_up_for_the_one_before(tmp_path):
    training, asked = poisoned(tmp_path, losses=range(10, 16))
    training.run()
    assert asked == [*range(13), *range(13, 16), *range(16, 31)]
    assert told(tmp_path, "step", "rolled_back_from", "skipped") == [(6, 13, 6)]


@pytest.mark.parametrize(("changes", "words"), [({}, "step 2 .*no good checkpoint"), ({"rollbacks": 1}, "too often")])
def test_a_training_that_stays_broken_stops_and_says_where(tmp_path, changes, words):
    training, _ = poisoned(tmp_path, losses=range(11 if changes else 0, 100), **changes)
    with pytest.raises(LossNotFinite, match=words):
        training.run()


def test_a_loss_that_leaps_is_recorded(tmp_path):
    training, _ = poisoned(tmp_path, steps=40, learning_rate=1e-4)
    real = training.loss

    def loss(place, draw):
        return {name: value * (50 if place == 30 else 1) for name, value in real(place, draw).items()}

    training.loss = loss
    training.run()
    (found,) = told(tmp_path, "step", "loss_spike")
    assert found[0] == 31
    assert found[1] > training.spike_deviations


def test_the_draw_of_a_step_depends_on_seed_and_step_alone():
    def numbers(seed, step):
        draw = Draw.of(seed, step)
        return draw.numpy.random(), float(torch.rand((), generator=draw.torch))

    assert numbers(0, 3) == numbers(0, 3)
    assert len({numbers(0, 3), numbers(0, 4), numbers(1, 3)}) == 3
