import json

import pytest
from typer.testing import CliRunner

from orchestration.cli import app


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, ["plan", *map(str, arguments)])


def test_a_plan_is_printed_and_written(run, tmp_path):
    result = run("--preset", "5b", "--gpus", 256, "--stage", "joint-256", "--json", tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    assert "5b in stage joint-256 on 256 x h100-80g" in result.output
    written = json.loads((tmp_path / "plan.json").read_text())
    assert (written["preset"], written["gpus"], len(written["phases"])) == ("5b", 256, 2)


def test_pins_and_price_are_obeyed(run, tmp_path):
    pins = ("--tp", 4, "--cp", 2, "--ulysses", 1, "--zero", 3, "--micro-batch", 1)
    result = run("--gpus", 6_144, *pins, "--price", 2, "--json", tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "plan.json").read_text())
    layout = written["phases"][0]["layout"]
    assert [layout[name] for name in ("tensor", "context", "ulysses", "zero", "micro_batch")] == [4, 2, 1, 3, 1]
    assert written["price_usd_per_gpu_hour"] == 2
    assert not written["price_assumed"]


def test_what_cannot_fit_is_refused_with_its_cause_and_a_remedy(run, tmp_path):
    result = run("--preset", "30b", "--gpus", 8, "--json", tmp_path / "plan.json")
    assert result.exit_code == 2
    assert "most of it is optimizer states" in result.stderr
    assert "What would fit: 16 x h100-80g" in result.stderr
    assert not (tmp_path / "plan.json").exists()


def test_an_unknown_preset_is_refused(run):
    result = run("--preset", "7b", "--gpus", 8)
    assert result.exit_code == 2
    assert "no preset is called '7b'; there are: tiny, starter, small, 1b, 5b, 30b" in result.stderr
