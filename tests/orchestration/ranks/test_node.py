"""A machine's part in a cluster job, as real processes: two gloo ranks that are asked to stop in mid-training."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models.files import read_json
from models.recipes import DataMix, TrainingRecipe
from models.training.interruption import REQUEUE
from orchestration.ranks.failure import Failure
from orchestration.ranks.spec import FAILURE, RESULT, JobSpec, log_path
from serving.home import REPOSITORY
from tests.models.training.conftest import TINY, write_index

pytestmark = pytest.mark.slow

ALONE = {"SLURM_NODEID": "0", "SLURM_NNODES": "1", "SLURM_JOB_NODELIST": "here"}
PAIR = {"PET_NNODES": "2", "PET_MASTER_ADDR": "127.0.0.1"}


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
    return _started(job, ALONE | {"SLURM_JOB_ID": str(number)})


def started_on_two_machines(job: Path) -> list[subprocess.Popen]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    cores = sorted(os.sched_getaffinity(0))
    return [
        _started(job, PAIR | {"PET_NODE_RANK": str(node), "PET_MASTER_PORT": port}, {cores[node % len(cores)]})
        for node in (0, 1)
    ]


def _started(job: Path, variables: dict[str, str], cores: set[int] | None = None) -> subprocess.Popen:
    environment = os.environ | variables | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "orchestration.ranks.node", str(job)]
    process = subprocess.Popen(command, env=environment, cwd=REPOSITORY)
    if cores is not None:
        os.sched_setaffinity(process.pid, cores)
    return process


def until(moment: Callable[[], bool], process: subprocess.Popen) -> None:
    while not moment():
        assert process.poll() is None
        time.sleep(0.01)


def test_gpus_that_a_machine_lacks_end_its_part_with_a_reason_in_the_folder(tmp_path: Path, recipe: TrainingRecipe):
    job = prepared(tmp_path / "job", recipe, tmp_path / "model")
    machine = _started(job, ALONE | {"SLURM_JOB_ID": "7", "CINEMILL_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": ""})
    assert machine.wait() == 1
    assert "sees 0 GPUs, and each of 2 ranks wants one" in Failure.read(job).reason
    assert not log_path(job, 0).exists()


def test_asked_to_stop_it_saves_and_started_again_ends_as_if_never_asked(tmp_path: Path, recipe: TrainingRecipe):
    whole = prepared(tmp_path / "whole", recipe, tmp_path / "whole-model")
    assert [machine.wait() for machine in started_on_two_machines(whole)] == [0, 0]

    folder = tmp_path / "model"
    job = prepared(tmp_path / "job", recipe, folder)
    metrics = folder / "work" / "metrics.jsonl"

    def interrupted(machines: list[subprocess.Popen], number: signal.Signals, steps: int) -> None:
        until(lambda: metrics.exists() and len(metrics.read_text().splitlines()) > steps, machines[0])
        machines[-1].send_signal(number)
        assert [machine.wait() for machine in machines] == [REQUEUE] * len(machines)
        assert not (job / RESULT).exists()
        assert not (job / FAILURE).exists()
        for rank in (0, 1):
            assert "asked to stop; saved after step" in log_path(job, rank).read_text().splitlines()[-1]

    interrupted([started(job, os.getpid() + 1)], signal.SIGUSR1, 5)
    interrupted(started_on_two_machines(job), signal.SIGTERM, 25)  # one of two pods is evicted: both save
    assert started(job, os.getpid() + 1).wait() == 0
    assert 25 <= read_json(job / RESULT)["resumed_from"] < 60
    for name in ("model.safetensors", "metrics.jsonl"):
        assert (folder / name).read_bytes() == (tmp_path / "whole-model" / name).read_bytes(), name


def test_asked_while_it_waits_for_another_machine_it_ends_at_once(tmp_path: Path, recipe: TrainingRecipe):
    job = prepared(tmp_path / "job", recipe, tmp_path / "model")
    first, second = started_on_two_machines(job)
    second.kill()
    log = log_path(job, 0)
    until(lambda: log.exists() and "GPU available" in log.read_text(), first)
    first.send_signal(signal.SIGTERM)
    assert first.wait() == REQUEUE
    assert second.wait() == -signal.SIGKILL
    assert not (job / FAILURE).exists()
