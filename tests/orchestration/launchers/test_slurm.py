"""The Slurm backend against commands on PATH that this test starts: a JSON file for a cluster."""

import os
import time
from pathlib import Path
from threading import Thread

import pytest

from models.files import read_json, write_json
from models.recipes import DataMix, TrainingRecipe
from models.training.errors import TrainingFailed
from orchestration.launchers import Launcher
from orchestration.launchers.base import (
    JobCancelled,
    JobHeld,
    JobOutOfMemory,
    JobOutOfTime,
    JobRejected,
    JobState,
    LauncherUnreachable,
)
from orchestration.launchers.settings import SlurmSettings
from orchestration.launchers.slurm import RECORD, SlurmBackend
from orchestration.ranks.failure import Failure
from orchestration.ranks.spec import RESULT, JobSpec, log_path
from serving.home import Home
from tests.models.training.conftest import TINY, write_index
from tests.orchestration.launchers.fake_slurm import FakeSlurm

UNREACHABLE = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
QUICK = {"poll_seconds": 0.02, "patience_seconds": 0.0, "visible_seconds": 0.0, "requeue_seconds": 60.0}


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch) -> FakeSlurm:
    cluster = FakeSlurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{cluster.commands}{os.pathsep}{os.environ['PATH']}")
    return cluster


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "jobs" / "image_low-0123"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def spec(tmp_path: Path) -> JobSpec:
    recipe = TrainingRecipe("tiny", "video", TINY, (DataMix("index.json", "a"),), ())
    return JobSpec("image_low-0123", recipe, tmp_path / "model", 0.0)


def backend(**changes) -> SlurmBackend:
    return SlurmBackend(SlurmSettings(**QUICK | changes))


def test_a_job_is_created_once_and_joined_by_an_orchestrator_that_restarts(slurm, job, spec):
    first = backend()
    assert first.poll(job) is JobState.ABSENT
    first.submit(spec, job)
    assert first.poll(job) is JobState.RUNNING
    assert backend().poll(job) is JobState.RUNNING
    (job / RECORD).unlink()  # killed between sbatch and its note
    assert backend().poll(job) is JobState.RUNNING
    backend().submit(spec, job)
    assert len(slurm.calls("sbatch")) == 1
    assert read_json(job / RECORD)["number"] == "100"


def test_the_same_job_of_another_home_is_another_job(slurm, job, spec, tmp_path):
    other = tmp_path / "other" / "jobs" / job.name
    other.mkdir(parents=True)
    backend().submit(spec, job)
    backend().submit(spec, other)
    assert slurm.job("100")["name"] != slurm.job("101")["name"]


def test_only_the_result_is_success(slurm, job, spec):
    ours = backend(visible_seconds=0.3)
    ours.submit(spec, job)
    slurm.set("100", state="COMPLETED")
    assert ours.poll(job) is JobState.RUNNING  # a file system may show the file late
    write_json(job / RESULT, {})
    assert ours.poll(job) is JobState.DONE
    (job / RESULT).unlink()
    time.sleep(0.3)
    assert ours.poll(job) is JobState.FAILED
    assert "file system that the machines share" in Failure.read(job).remedy


def test_what_the_cluster_takes_and_gives_back_is_waited_for(slurm, job, spec):
    ours = backend()
    ours.submit(spec, job)
    for state in ("RUNNING", "PREEMPTED", "PENDING", "NODE_FAIL", "REQUEUED", "RUNNING", "COMPLETING", "SUSPENDED"):
        slurm.set("100", state=state)
        assert ours.poll(job) is JobState.RUNNING, state


def test_a_lost_job_that_does_not_come_back_is_given_up(slurm, job, spec):
    ours = backend(requeue_seconds=0.0)
    ours.submit(spec, job)
    slurm.set("100", state="NODE_FAIL")
    assert ours.poll(job) is JobState.FAILED
    assert "NODE_FAIL" in Failure.read(job).reason


@pytest.mark.parametrize(
    ("state", "exit_code", "error", "words"),
    [
        ("FAILED", "1:0", TrainingFailed, "FAILED, exit code 1:0"),
        ("FAILED", "138:0", TrainingFailed, "was not queued again"),
        ("OUT_OF_MEMORY", "0:125", JobOutOfMemory, "slurm.memory"),
        ("TIMEOUT", "0:0", JobOutOfTime, "slurm.signal_seconds"),
        ("CANCELLED by 1000", "0:15", JobCancelled, "it resumes"),
    ],
)
def test_an_end_without_result_is_a_typed_error_with_the_tail_of_the_log(
    slurm, job, spec, tmp_path, state, exit_code, error, words
):
    launcher = Launcher(Home(tmp_path / "home"), backend())

    def end() -> None:
        while not (job / RECORD).exists():
            time.sleep(0.01)
        log_path(job, 1).write_text("a line\nits last words\n")
        Failure("ended with exit code 1", log_path(job, 1), rank=1).write(job)
        slurm.set("100", state=state, exit=exit_code, forgotten=True)

    ending = Thread(target=end)
    ending.start()
    with pytest.raises(error, match=r"(?s)rank 1 ended with exit code 1.*its last words") as raised:
        launcher.run(job_id=job.name, recipe=spec.recipe, folder=spec.folder)
    ending.join()
    assert type(raised.value) is error
    assert words in str(raised.value)
    assert str(raised.value).count("Slurm job 100") == 1


def test_without_words_of_a_rank_the_output_of_the_job_is_shown(slurm, job, spec):
    ours = backend()
    ours.submit(spec, job)
    (job / "slurm-100.out").write_text("bash: module: command not found\n")
    slurm.set("100", state="FAILED", exit="127:0")
    assert ours.poll(job) is JobState.FAILED
    assert "module: command not found" in Failure.read(job).described(15)


def test_a_failed_job_is_submitted_anew(slurm, job, spec):
    ours = backend()
    ours.submit(spec, job)
    slurm.set("100", state="FAILED", exit="1:0")
    assert ours.poll(job) is JobState.FAILED
    ours.submit(spec, job)
    assert read_json(job / RECORD)["number"] == "101"
    assert ours.poll(job) is JobState.RUNNING


def test_a_held_job_says_how_it_is_released(slurm, job, spec, tmp_path):
    ours = backend()
    ours.submit(spec, job)
    slurm.set("100", reason="launch failed requeued held")
    with pytest.raises(JobHeld, match="scontrol release 100"):
        raise_of(ours, job, tmp_path)


def raise_of(ours: SlurmBackend, job: Path, tmp_path: Path) -> None:
    assert ours.poll(job) is JobState.FAILED
    Launcher(Home(tmp_path / "home"), ours)._wait(job, tmp_path / "model")


def test_without_accounting_the_queue_is_believed(slurm, job, spec):
    ours = backend()
    ours.submit(spec, job)
    with slurm.state() as state:
        state["accounting"] = False
    slurm.set("100", state="OUT_OF_MEMORY")
    assert ours.poll(job) is JobState.FAILED
    slurm.set("100", forgotten=True)
    (job / "failure.json").unlink()
    assert ours.poll(job) is JobState.ABSENT


def test_a_cancelled_job_is_gone_from_the_queue(slurm, job, spec):
    ours = backend()
    ours.cancel(job)  # nothing to end yet
    ours.submit(spec, job)
    ours.cancel(job)
    assert slurm.calls("scancel") == [["100"]]
    assert ours.poll(job) is JobState.FAILED


def test_a_controller_that_comes_back_is_waited_for(slurm, job, spec):
    ours = backend(patience_seconds=60.0)
    slurm.fail("squeue", UNREACHABLE)
    slurm.fail("sbatch", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation")
    ours.submit(spec, job)
    slurm.fail("squeue", UNREACHABLE, UNREACHABLE)
    assert ours.poll(job) is JobState.RUNNING


def test_a_submission_whose_answer_was_lost_is_not_repeated(slurm, job, spec, monkeypatch):
    ours = backend(patience_seconds=60.0)
    real = ours._slurm._run
    lost = []

    def run(*command):
        answer = real(*command)
        if command[0] == "sbatch" and not lost:
            lost.append(answer.stdout)
            answer.returncode, answer.stdout, answer.stderr = 1, "", "Socket timed out on send/recv operation"
        return answer

    monkeypatch.setattr(ours._slurm, "_run", run)
    ours.submit(spec, job)
    assert len(slurm.calls("sbatch")) == 1
    assert read_json(job / RECORD)["number"] == lost[0].split(";")[0]


def test_a_controller_that_stays_away_is_a_typed_error_that_says_what_to_do(slurm, job, spec):
    slurm.fail("squeue", UNREACHABLE)
    with pytest.raises(LauncherUnreachable, match=r"Unable to contact.*run this again; it joins"):
        backend().submit(spec, job)


def test_a_refused_job_is_a_typed_error_with_the_words_of_sbatch(slurm, job, spec):
    slurm.fail("sbatch", "sbatch: error: invalid partition specified: gpux")
    with pytest.raises(JobRejected, match=r"gpux.*settings"):
        backend(partition="gpux").submit(spec, job)
    assert backend().poll(job) is JobState.ABSENT


def test_a_machine_without_slurm_is_told_apart(job, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LauncherUnreachable, match="not on PATH"):
        backend().poll(job)


def test_the_check_asks_the_controller(slurm):
    assert backend().check() == "Slurmctld(primary) at here is UP"
    with slurm.state() as state:
        state["up"] = False
    with pytest.raises(LauncherUnreachable, match="DOWN"):
        backend().check()


@pytest.mark.slow
def test_a_training_that_is_signalled_before_its_time_is_up_is_queued_again_and_finishes(tmp_path, monkeypatch):
    slurm = FakeSlurm(tmp_path / "slurm", runs=True)
    monkeypatch.setenv("PATH", f"{slurm.commands}{os.pathsep}{os.environ['PATH']}")
    index = write_index(tmp_path / "latents", [("a", "train", (1, 4, 4), 20), ("a", "validation", (1, 4, 4), 5)])
    mix = (DataMix(str(index), "a"),)
    recipe = TrainingRecipe("tiny", "video", TINY, mix, mix, steps=60, batch_size=4, checkpoint_every=1000)
    launcher = Launcher(Home(tmp_path / "home"), backend(gpus=False))
    results = []
    metrics = tmp_path / "model" / "work" / "metrics.jsonl"
    waiting = Thread(
        target=lambda: results.append(launcher.run(job_id="real", recipe=recipe, folder=tmp_path / "model"))
    )
    waiting.start()
    while not (metrics.exists() and len(metrics.read_text().splitlines()) > 5):
        assert waiting.is_alive()
        time.sleep(0.05)
    slurm.signal_shell("100")
    waiting.join()
    assert results[0]["resumed_from"] >= 5
    assert slurm.job("100")["restarts"] == 1
    assert "queued again" in (tmp_path / "home" / "jobs" / "real" / "slurm-100.out").read_text()
