"""ZeRO-3 with Ulysses or context ranks: two that share the tokens of each sample train as one rank does."""

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
    layouts = {"alone": {"world_size": 1}, "ulysses": {"ulysses": 2}, "context": {"context": 2}}
    for name, fields in layouts.items():
        codes, error = _train(tmp_path / name, index, **{"world_size": 2} | fields)
        assert not any(codes), error[-2000:]
    alone, one = _losses(tmp_path / "alone"), load_file(tmp_path / "alone" / "model.safetensors")
    for layout in ("ulysses", "context"):
        shared, two = _losses(tmp_path / layout), load_file(tmp_path / layout / "model.safetensors")
        for name, values in alone.items():
            assert len(values) >= 3
            assert shared[name] == pytest.approx(values, rel=1e-4), (layout, name)
        for name, weight in one.items():
            torch.testing.assert_close(two[name], weight, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize(
    ("axis", "words"), [("ulysses", "takes 3 ranks, there are 1"), ("tensor", "ZeRO-3 cuts no matrices")]
)
def test_a_layout_that_does_not_fit_is_refused_by_name(tmp_path, index, axis, words):
    codes, error = _train(tmp_path / "three", index, world_size=1, **{axis: 3})
    assert any(codes)
    assert "LayoutDoesNotFit" in error
    assert words in error
