"""Trainings of two real ranks under ZeRO-3 and FSDP2, with broken steps among theirs."""

import json
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from models.files import read_json
from models.training import run
from tests.models.training.poisoned import train_poisoned
from tests.orchestration.launchers.test_launcher import plain_training

pytestmark = pytest.mark.slow


def entries(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("strategy", ["zero3", "fsdp2"])
def test_broken_steps_are_left_out_and_three_in_a_row_lead_back_to_a_checkpoint_once(recipe, tmp_path, strategy):
    wanted = recipe(steps=20, checkpoint_every=4, learning_rate=1e-2, position_rate=0.1, strategy=strategy)
    folder = tmp_path / "model"
    # The fifth and the seventh step are left out; of those from the thirteenth on the training has enough after three.
    assert train_poisoned(wanted, folder, losses=[5, 13, 14], gradients=[7, 15]) == [0, 0]
    result = read_json(folder / "result.json")
    assert (result["skipped"], result["rollbacks"]) == (5, 1)

    # Back at the checkpoint after twelve steps it goes on with the data behind the last broken one.
    data = [0, 1, 2, 3, 4, None, 6, None, 8, 9, 10, 11, *range(16, 24)]
    weights, losses, norms = plain_training(wanted, data)
    curves = entries(folder)
    assert [entry["loss"] for entry in curves if "loss" in entry] == pytest.approx(losses, rel=1e-5)
    assert [entry["gradient_norm"] for entry in curves if "loss" in entry] == pytest.approx(norms, rel=1e-4)
    for name, tensor in load_file(folder / "model.safetensors").items():
        assert torch.isfinite(tensor).all()
        assert (tensor - weights[name]).norm() <= 1e-4 * weights[name].norm(), name

    told = [(entry["step"], entry["skipped"], entry.get("rolled_back_from")) for entry in curves if "skipped" in entry]
    assert told == [(6, 1, None), (8, 2, None), (13, 5, 16)]


@pytest.mark.parametrize(("deepspeed", "gpus"), [("cpu", 2), ("cuda", 1)])
def test_ranks_train_on_the_device_that_deepspeed_was_told(recipe, tmp_path, monkeypatch, deepspeed, gpus):
    def trainer(**settings):
        raise InterruptedError(settings["accelerator"])

    monkeypatch.setattr(run, "get_accelerator", lambda: SimpleNamespace(device_name=lambda: deepspeed))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(run.pl, "Trainer", trainer)
    with pytest.raises(InterruptedError, match=deepspeed):
        run.train(recipe(), tmp_path / "model", rank=0, world_size=2)
