import contextlib
import json
from pathlib import Path

import dagster_pipes
import pytest

from models.recipes import BackboneConfig, TrainingRecipe
from models.training.errors import TrainingInterrupted
from orchestration.ranks.spec import JobSpec
from orchestration.ranks.worker import _reporting


def methods(folder: Path, error: Exception | None) -> list[str]:
    """What Dagster gets to hear of a rank 0 that reports a line and ends with ``error``."""
    context = dict.fromkeys(dagster_pipes.PipesContextData.__annotations__) | {"run_id": "r", "extras": {}}
    (folder / "context.json").write_text(json.dumps(context))
    pipes = {
        "DAGSTER_PIPES_CONTEXT": dagster_pipes.encode_param({"path": str(folder / "context.json")}),
        "DAGSTER_PIPES_MESSAGES": dagster_pipes.encode_param({"path": str(folder / "messages.jsonl")}),
    }
    recipe = TrainingRecipe("t", "video", BackboneConfig(), (), ())
    ending = contextlib.nullcontext() if error is None else pytest.raises(type(error))
    with ending, _reporting(JobSpec("job", recipe, folder, 0.0, pipes), 0) as report:
        report("a line")
        if error is not None:
            raise error
    return [json.loads(line)["method"] for line in (folder / "messages.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("error", "ends"), [(None, ["closed"]), (RuntimeError("x"), ["closed"]), (TrainingInterrupted("x"), [])]
)
def test_a_session_with_dagster_ends_with_the_job_and_not_with_an_interruption(tmp_path, monkeypatch, error, ends):
    monkeypatch.setattr(dagster_pipes.PipesContext, "_instance", None)  # one a process, else
    assert methods(tmp_path, error) == ["opened", "log", *ends]
