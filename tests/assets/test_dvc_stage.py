import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from assets import dvc_stage
from serving.home import REPOSITORY, Home

PIPELINE = """
vars:
  - home: var
stages:
  toy:
    cmd: python -m toy_stage
    deps:
      - ${home}/manifests/settings/toy.json
    outs:
      - ${home}/manifests/toy.jsonl:
          cache: false
"""
STAGE = """
import json, os, pathlib, time
manifests = pathlib.Path(os.environ["CINEMILL_HOME"]) / "manifests"
settings = json.loads((manifests / "settings/toy.json").read_text())["settings"]
with (manifests / "runs").open("a") as runs:
    runs.write("run\\n")
print("doing", settings)
if settings.get("fail"):
    raise SystemExit("it went wrong")
time.sleep(settings.get("sleep", 0))
(manifests / "toy.jsonl").write_text(json.dumps(settings))
"""
CHILD = """
import sys
from pathlib import Path
from assets import dvc_stage
from serving.home import Home
dvc_stage.REPOSITORY = Path(sys.argv[1])
dvc_stage.reproduce("toy", Home(Path(sys.argv[2])), {"sleep": float(sys.argv[3])})
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with one stage that notes each of its runs."""
    root = tmp_path / "checkout"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / "config").write_text((REPOSITORY / ".dvc" / "config").read_text())
    (root / ".dvcignore").write_text((REPOSITORY / ".dvcignore").read_text())
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "toy_stage.py").write_text(STAGE)
    monkeypatch.setattr(dvc_stage, "REPOSITORY", root)
    return root


@pytest.fixture
def home(checkout, tmp_path):
    return Home(tmp_path / "home")


def runs(home):
    path = home.manifests / "runs"
    return len(path.read_text().splitlines()) if path.exists() else 0


def start_child(checkout, home, sleep):
    """Another process inside the stage, in a process group of its own."""
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(checkout), str(home.root), str(sleep)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while runs(home) == 0 and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.05)
    assert runs(home) == 1
    return child


def test_a_stage_runs_once_for_the_same_settings_and_again_for_others(home):
    first = dvc_stage.reproduce("toy", home, {"a": 1})
    assert dvc_stage.reproduce("toy", home, {"a": 1}) == first
    assert runs(home) == 1
    assert dvc_stage.reproduce("toy", home, {"a": 2}) != first
    assert runs(home) == 2
    assert dvc_stage.stage_settings("toy", home) == {"a": 2}


def test_a_stage_with_a_failure_that_may_not_come_again_runs_again_although_nothing_has_changed(home):
    def unsettled(row):
        return row.get("error") == "busy"

    first = dvc_stage.reproduce("toy", home, {"error": "busy"}, unsettled=unsettled)
    assert dvc_stage.reproduce("toy", home, {"error": "busy"}, unsettled=unsettled) == first
    assert runs(home) == 2
    for _ in range(2):
        dvc_stage.reproduce("toy", home, {"error": "damaged"}, unsettled=unsettled)
    assert runs(home) == 3


def test_a_retry_that_fails_leaves_the_manifest_as_it_was(home, monkeypatch):
    first = dvc_stage.reproduce("toy", home, {"error": "busy"})
    broken = {"PYTHONPATH": str(home.root / "nowhere"), "PATH": "/nowhere"}
    real = dvc_stage._environment
    monkeypatch.setattr(dvc_stage, "_environment", lambda *places: real(*places) | broken)
    assert dvc_stage.reproduce("toy", home, {"error": "busy"}, unsettled=lambda _row: True) == first
    assert json.loads((home.manifests / "toy.jsonl").read_text()) == {"error": "busy"}
    monkeypatch.setattr(dvc_stage, "_environment", real)
    assert dvc_stage.reproduce("toy", home, {"error": "busy"}) == first
    assert runs(home) == 1


def test_the_default_home_lives_under_the_checkouts_own_dvc(checkout):
    home = Home(checkout / "var")
    first = dvc_stage.reproduce("toy", home, {"a": 1})
    assert dvc_stage.reproduce("toy", home, {"a": 1}) == first
    assert runs(home) == 1
    assert (checkout / "dvc.lock").exists()


def test_changed_code_and_a_missing_or_edited_manifest_run_the_stage_again(home, monkeypatch):
    first = dvc_stage.reproduce("toy", home, {"a": 1})
    (home.manifests / "toy.jsonl").unlink()
    assert dvc_stage.reproduce("toy", home, {"a": 1}) == first
    (home.manifests / "toy.jsonl").write_text("edited")
    assert dvc_stage.reproduce("toy", home, {"a": 1}) == first
    assert json.loads((home.manifests / "toy.jsonl").read_text()) == {"a": 1}
    monkeypatch.setattr(dvc_stage, "code_version", lambda _: "new")
    dvc_stage.reproduce("toy", home, {"a": 1})
    assert runs(home) == 4


def test_a_failure_carries_the_stages_own_words(home):
    with pytest.raises(dvc_stage.StageFailed, match="it went wrong"):
        dvc_stage.reproduce("toy", home, {"fail": True})


def test_an_unknown_stage_is_refused_by_name(home):
    with pytest.raises(dvc_stage.StageFailed, match="nosuch is no stage"):
        dvc_stage.reproduce("nosuch", home)


def test_after_a_kill_of_everything_inside_a_stage_the_next_run_works(checkout, home):
    child = start_child(checkout, home, sleep=60)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    dvc_stage.reproduce("toy", home, {"sleep": 0})
    assert (home.manifests / "toy.jsonl").exists()


def test_a_dvc_that_outlives_its_killed_parent_is_waited_for_and_its_work_is_used(checkout, home):
    child = start_child(checkout, home, sleep=2)
    child.kill()
    child.wait()
    dvc_stage.reproduce("toy", home, {"sleep": 2.0})
    assert runs(home) == 1


@pytest.mark.parametrize("left", ["", "stages:\n  toy:\n    cmd: ["])
def test_a_half_written_lock_file_is_no_obstacle(home, left):
    dvc_stage.reproduce("toy", home, {"a": 1})
    (home.root / "dvc.lock").write_text(left)
    (home.root / ".dvc" / "tmp" / "rwlock").write_text('{"read": {')
    dvc_stage.reproduce("toy", home, {"a": 1})
    assert runs(home) == 2


def test_a_lock_entry_of_a_process_id_that_now_is_someone_elses_is_no_obstacle(home):
    dvc_stage.reproduce("toy", home, {"a": 1})
    held = {"write": {str(home.manifests / "toy.jsonl"): {"pid": os.getppid(), "cmd": "dvc repro"}}, "read": {}}
    (home.root / ".dvc" / "tmp" / "rwlock").write_text(json.dumps(held))
    dvc_stage.reproduce("toy", home, {"a": 2})
    assert runs(home) == 2
