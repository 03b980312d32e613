"""The supervisor of one job's ranks on this machine: they start together, and end together."""

import os
import signal
import socket
import time
from pathlib import Path

from models.files import write_json
from orchestration.ranks.processes import die_with_parent
from orchestration.ranks.spec import FAILURE, JobSpec, log_path
from orchestration.ranks.worker import run_rank

_GRACE = 5.0  # seconds for the others to fail by themselves, with their own last words in the log


def supervise(job: Path) -> None:
    """Fork the ranks of the job in ``job``, wait for them, and end the rest when one fails. Never returns.

    On failure ``failure.json`` names the rank that failed first and its log.
    """
    spec = JobSpec.read(job)
    for rank in range(spec.recipe.world_size):
        log_path(job, rank).unlink(missing_ok=True)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}  # NCCL's; gloo meets in a file
    meeting = job / f"rendezvous-{os.getpid()}"
    ranks = {_fork(job, rank, f"file://{meeting}"): rank for rank in range(spec.recipe.world_size)}

    def end(number: int, frame: object) -> None:
        del frame
        _kill(ranks)
        write_json(job / FAILURE, {"rank": 0, "log": str(log_path(job, 0)), "reason": f"ended by signal {number}"})
        os._exit(1)

    signal.signal(signal.SIGTERM, end)
    failed = _wait(ranks)
    meeting.unlink(missing_ok=True)
    if failed is not None:
        rank, status = failed
        code = os.waitstatus_to_exitcode(status)
        reason = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        write_json(job / FAILURE, {"rank": rank, "log": str(log_path(job, rank)), "reason": reason})
    os._exit(0 if failed is None else 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fork(job: Path, rank: int, rendezvous: str) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        die_with_parent(parent)
        os._exit(run_rank(job, rank, rendezvous))
    return pid


def _wait(ranks: dict[int, int]) -> tuple[int, int] | None:
    """Reap every rank; the first failure as (rank, wait status)."""
    failed: tuple[int, int] | None = None
    deadline = 0.0
    while ranks:
        pid, status = os.waitpid(-1, os.WNOHANG if failed else 0)
        if pid:
            rank = ranks.pop(pid)
            if status and failed is None:
                failed = (rank, status)
                deadline = time.monotonic() + _GRACE
        elif time.monotonic() > deadline:
            _kill(ranks)
            deadline = float("inf")
        else:
            time.sleep(0.05)
    return failed


def _kill(ranks: dict[int, int]) -> None:
    for pid in ranks:
        os.kill(pid, signal.SIGKILL)
