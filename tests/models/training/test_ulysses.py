"""ZeRO-3 with Ulysses: two ranks that share the tokens of each sample train as one rank does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

PROGRAM = Path(__file__).with_name("ranks.py")
FIELDS = {
    "groups": ["image-low", "video-low"],
    "steps": 6,
    "batch_size": 4,
    "warmup": 2,
    "checkpoint_every": 3,
    "learning_rate": 3e-3,
}


def _train(folder, index, **changes):
    fields = FIELDS | {"index": str(index)} | changes
    folder.mkdir()
    started = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), str(rank), str(folder), json.dumps(fields)],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        for rank in range(fields["world_size"])
    ]
    errors = [process.communicate(timeout=600)[1] for process in started]
    return [process.returncode for process in started], errors[0]


def _losses(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {
        name: [line[name] for line in lines if name in line] for name in ("loss", "validation_loss", "gradient_norm")
    }


def test_losses_gradient_norms_and_weights_are_those_of_one_rank(tmp_path, index):
    for name, fields in {"alone": {"world_size": 1}, "shared": {"world_size": 2, "ulysses": 2}}.items():
        codes, error = _train(tmp_path / name, index, **fields)
        assert not any(codes), error[-2000:]
    alone, shared = _losses(tmp_path / "alone"), _losses(tmp_path / "shared")
    for name, values in alone.items():
        assert len(values) >= 3
        assert shared[name] == pytest.approx(values, rel=1e-4), name
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("alone", "shared"))
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=1e-3, atol=2e-5)


def test_ranks_that_do_not_divide_are_refused_by_name(tmp_path, index):
    codes, error = _train(tmp_path / "three", index, world_size=1, ulysses=3)
    assert any(codes)
    assert "LayoutDoesNotFit" in error
