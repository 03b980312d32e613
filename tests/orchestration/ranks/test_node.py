"""A machine's part in a cluster job, as real processes: two gloo ranks that are asked to stop in mid-training."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models.files import read_json
from models.recipes import DataMix, TrainingRecipe
from models.training.interruption import REQUEUE
from orchestration.ranks.spec import FAILURE, RESULT, JobSpec, log_path
from serving.home import REPOSITORY
from tests.models.training.conftest import TINY, write_index

pytestmark = pytest.mark.slow

ALONE = {"SLURM_NODEID": "0", "SLURM_NNODES": "1", "SLURM_JOB_NODELIST": "here"}


@pytest.fixture
def recipe(tmp_path: Path) -> TrainingRecipe:
    index = write_index(tmp_path / "latents", [("a", "train", (1, 4, 4), 20), ("a", "validation", (1, 4, 4), 5)])
    mix = (DataMix(str(index), "a"),)
    return TrainingRecipe("tiny", "video", TINY, mix, mix, steps=60, batch_size=4, checkpoint_every=1000)


def prepared(job: Path, recipe: TrainingRecipe, folder: Path) -> Path:
    job.mkdir()
    JobSpec(job.name, recipe, folder, time.time()).write(job)
    return job


def started(job: Path, number: int) -> subprocess.Popen:
    environment = os.environ | ALONE | {"SLURM_JOB_ID": str(number), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "orchestration.ranks.node", str(job)]
    return subprocess.Popen(command, env=environment, cwd=REPOSITORY)


def children(process: subprocess.Popen) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def until(moment: Callable[[], bool], process: subprocess.Popen) -> None:
    while not moment():
        assert process.poll() is None
        time.sleep(0.01)


def test_asked_to_stop_it_saves_and_started_again_ends_as_if_never_asked(tmp_path: Path, recipe: TrainingRecipe):
    whole = prepared(tmp_path / "whole", recipe, tmp_path / "whole-model")
    assert started(whole, os.getpid()).wait() == 0

    folder = tmp_path / "model"
    job = prepared(tmp_path / "job", recipe, folder)
    metrics = folder / "work" / "metrics.jsonl"

    def interrupted(ask: Callable[[subprocess.Popen], None], steps: int) -> None:
        process = started(job, os.getpid() + 1)
        until(lambda: metrics.exists() and len(metrics.read_text().splitlines()) > steps, process)
        ask(process)
        assert process.wait() == REQUEUE
        assert not (job / RESULT).exists()
        assert not (job / FAILURE).exists()
        for rank in (0, 1):
            assert "asked to stop; saved after step" in log_path(job, rank).read_text().splitlines()[-1]

    interrupted(lambda process: process.send_signal(signal.SIGUSR1), 5)
    interrupted(lambda process: os.kill(children(process)[1], signal.SIGTERM), 25)  # one rank alone stops all
    assert started(job, os.getpid() + 1).wait() == 0
    assert 25 <= read_json(job / RESULT)["resumed_from"] < 60
    for name in ("model.safetensors", "metrics.jsonl"):
        assert (folder / name).read_bytes() == (tmp_path / "whole-model" / name).read_bytes(), name


def test_asked_before_its_ranks_are_there_it_starts_none(tmp_path: Path, recipe: TrainingRecipe):
    job = prepared(tmp_path / "job", recipe, tmp_path / "model")
    process = started(job, os.getpid() + 3)
    until(lambda: b"orchestration" in Path(f"/proc/{process.pid}/cmdline").read_bytes(), process)
    until(lambda: "libtorch" in Path(f"/proc/{process.pid}/maps").read_text(), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == REQUEUE
    assert not log_path(job, 0).exists()
