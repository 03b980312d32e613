import signal
import time
from pathlib import Path

import pytest

from models.training.interruption import REQUEUE
from orchestration.ranks import group
from orchestration.ranks.failure import Cause, Failure
from orchestration.ranks.group import RankGroup
from orchestration.ranks.spec import FAILURE, log_path


@pytest.fixture
def ranks(tmp_path: Path, monkeypatch):
    """Ranks that do what a function of their number says, in place of training."""

    def make(does, count=2):
        monkeypatch.setattr(group, "run_rank", lambda job, rank, rendezvous, *, local_size: does(rank))
        return RankGroup(tmp_path, range(4, 4 + count), "nowhere")

    return make


def test_ranks_that_end_well_are_a_success(ranks, tmp_path):
    assert ranks(lambda rank: 0).wait() == 0
    assert not (tmp_path / FAILURE).exists()


def test_ranks_that_saved_and_stopped_are_no_failure(ranks, tmp_path):
    assert ranks(lambda rank: REQUEUE).wait() == REQUEUE
    assert not (tmp_path / FAILURE).exists()


def test_the_rank_that_failed_first_is_named_and_the_others_are_ended(ranks, tmp_path, monkeypatch):
    monkeypatch.setattr(group, "_GRACE", 0.1)
    assert ranks(lambda rank: 3 if rank == 5 else time.sleep(60)).wait() == 3
    assert Failure.read(tmp_path) == Failure("ended with exit code 3", log_path(tmp_path, 5), rank=5)


def test_a_killed_rank_leaves_the_code_that_a_shell_would_show(ranks, tmp_path):
    running = ranks(lambda rank: time.sleep(60), count=1)
    running.send(signal.SIGKILL)
    assert running.wait() == 128 + signal.SIGKILL
    assert Failure.read(tmp_path).reason == "was killed by signal 9"


def test_a_rank_that_the_kernel_killed_for_memory_is_told_apart(ranks, tmp_path, monkeypatch):
    Failure("ended with exit code 1", log_path(tmp_path, 0), rank=0).write(tmp_path)  # of a machine that felt it first
    counted = iter([3, 4])
    monkeypatch.setattr(group, "oom_kills", lambda: next(counted))
    running = ranks(lambda rank: time.sleep(60), count=1)
    running.send(signal.SIGKILL)
    assert running.wait() == 128 + signal.SIGKILL
    failure = Failure.read(tmp_path)
    assert (failure.cause, failure.rank) == (Cause.memory, 4)
    assert "memory" in failure.remedy


def test_another_rank_s_end_is_no_matter_of_memory(ranks, tmp_path, monkeypatch):
    counted = iter([3, 4])  # another job's process on this machine
    monkeypatch.setattr(group, "oom_kills", lambda: next(counted))
    assert ranks(lambda rank: 1, count=1).wait() == 1
    assert Failure.read(tmp_path).cause is Cause.failed


def test_what_another_machine_said_of_the_failure_stays(ranks, tmp_path):
    other = Failure("was killed by signal 9", log_path(tmp_path, 0), rank=0)
    other.write(tmp_path)
    assert ranks(lambda rank: 1).wait() == 1
    assert Failure.read(tmp_path) == other
