"""MLflow tracking."""

import json
import subprocess
import sys

import pytest

from assets.artifact import Artifact, Built
from models.files import write_text
from orchestration.tracking import MlflowTracker, flatten
from serving.home import REPOSITORY, Home


def artifact(tmp_path, digest, run_id=None, **meta):
    return Artifact(tmp_path, digest, meta, run_id)


def record(tracker, name="model", inputs=None, **built):
    return tracker.record(name, params={"steps": 3}, built=Built(**built), inputs=inputs or {}, tags={"asset": name})


def test_nested_settings_become_dotted_params():
    assert flatten({"model": {"width": 8, "grid": (1, 2)}, "init": None}) == [
        ("model.width", "8"),
        ("model.grid", "(1, 2)"),
        ("init", "None"),
    ]
    assert flatten(None) == []


def test_a_run_holds_params_metrics_and_curves(tracker, tmp_path):
    lines = [{"step": step, "loss": 1.0 / (step + 1), "stage": "text is left out"} for step in range(1200)]
    history = tmp_path / "metrics.jsonl"
    write_text(history, "\n".join(json.dumps(line) for line in lines))
    picture = tmp_path / "curve.png"
    picture.write_bytes(b"png")
    system = tmp_path / "system.jsonl"
    system.write_text('{"step": 40, "tokens_per_second": 7.0}\n')
    run_id = record(tracker, metrics={"psnr": 20.5}, history=history, system=system, pictures=[picture])
    run = tracker.client.get_run(run_id)
    assert run.data.params == {"steps": "3"}
    assert run.data.metrics["psnr"] == 20.5
    assert run.info.status == "FINISHED"
    curve = tracker.client.get_metric_history(run_id, "loss")
    assert max((point.step, point.value) for point in curve) == (1199, 1.0 / 1200)
    assert len(curve) == 1200
    (speed,) = tracker.client.get_metric_history(run_id, "tokens_per_second")
    assert (speed.step, speed.value) == (40, 7.0)
    assert [item.path for item in tracker.client.list_artifacts(run_id, "pictures")] == ["pictures/curve.png"]
    assert tracker.run_url(run_id).endswith(run_id)


def test_the_address_of_a_run_needs_nothing_to_be_recorded_first(tracker):
    assert tracker.run_url("abc") == f"http://127.0.0.1:5000/#/experiments/{tracker.experiment_id}/runs/abc"


def test_the_dataset_digest_reaches_every_descendant_run(tracker, tmp_path):
    digest = "0123456789abcdef0123456789abcdef"
    parent = record(tracker, "autoencoder", {"dataset": artifact(tmp_path, "a" * 64, dvc_md5=digest)})
    child = record(tracker, "image_low", {"autoencoder": artifact(tmp_path, "b" * 64, parent)})
    assert tracker.dataset_digest(child) == digest
    tags = tracker.client.get_run(child).data.tags
    assert tags["parent.autoencoder"] == parent
    assert tags["input.autoencoder"] == "b" * 64


def test_a_failed_record_leaves_a_failed_run_and_raises(tracker, tmp_path):
    with pytest.raises(FileNotFoundError):
        record(tracker, "broken", history=tmp_path / "absent.jsonl")
    runs = tracker.client.search_runs([tracker.experiment_id], "attributes.run_name = 'broken'")
    assert [run.info.status for run in runs] == ["FAILED"]


def test_several_processes_start_on_one_empty_home(tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom assets.artifact import Built\n"
        "from orchestration.tracking import MlflowTracker\nfrom serving.home import Home\n"
        "tracker = MlflowTracker(Home(Path(sys.argv[1])))\n"
        "[tracker.record('x', params={}, built=Built(metrics={'m': i}), inputs={}, tags={}) for i in range(5)]\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=REPOSITORY, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    errors = [process.communicate()[1].decode()[-2000:] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    tracker = MlflowTracker(Home(tmp_path))
    assert len(tracker.client.search_runs([tracker.experiment_id])) == 15
