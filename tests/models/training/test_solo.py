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


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    whole = solo(tmp_path / "whole")
    whole.run()
    solo(tmp_path / "damaged").run()
    (tmp_path / "damaged/work/step-20/state.safetensors").write_bytes(b"damage")
    resumed = solo(tmp_path / "damaged")
    resumed.run()
    assert torch.equal(resumed.model.weight, whole.model.weight)


def test_a_loss_that_is_not_finite_stops_the_training_and_says_where(tmp_path):
    broken = solo(tmp_path, loss=lambda step, draw: {"loss": torch.tensor(float("nan"), requires_grad=True)})
    with pytest.raises(LossNotFinite, match="step 0"):
        broken.run()


def test_the_draw_of_a_step_depends_on_seed_and_step_alone():
    def numbers(seed, step):
        draw = Draw.of(seed, step)
        return draw.numpy.random(), float(torch.rand((), generator=draw.torch))

    assert numbers(0, 3) == numbers(0, 3)
    assert len({numbers(0, 3), numbers(0, 4), numbers(1, 3)}) == 3
