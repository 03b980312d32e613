"""The ranks of one job on one machine, as child processes: they start together, and end together."""

import os
import signal
import time
from pathlib import Path

from models.training.interruption import REQUEUE, SIGNALS
from orchestration.ranks.failure import Cause, Failure
from orchestration.ranks.processes import die_with_parent, oom_kills
from orchestration.ranks.spec import log_path
from orchestration.ranks.worker import run_rank

_GRACE = 5.0  # seconds for the others to end by themselves, with their own last words in the log
_MEMORY = "its machine ran out of memory: give it more, or use more machines"


class RankGroup:
    """Forks ranks from this process, which has imported what they need.

    Args:
        job: The job's folder.
        ranks: Their numbers in the job.
        rendezvous: See ``models.training.run.train``.
    """

    def __init__(self, job: Path, ranks: range, rendezvous: str) -> None:
        self._job = job
        self._size = len(ranks)
        self._oom_kills = oom_kills()
        self._alive = {self._fork(rank, rendezvous): rank for rank in ranks}

    def send(self, number: signal.Signals) -> None:
        """Send a signal to every rank."""
        for pid in self._alive:
            os.kill(pid, number)

    def wait(self) -> int:
        """Reap every rank. Returns 0, REQUEUE, or the exit code of the rank that failed first.

        Once one has ended badly the others get some seconds, then they are killed. ``failure.json`` names that rank
        and its log, unless another machine's is named there already; a rank that was killed for memory is named in any
        case, since the others then fail too.
        """
        failed = self._reap()
        if failed is None:
            return 0
        rank, status = failed
        code = os.waitstatus_to_exitcode(status)
        if code == REQUEUE or -code in SIGNALS:  # saved and stopped, or ended before there was anything to save
            return REQUEUE
        memory = code == -signal.SIGKILL and oom_kills() > self._oom_kills
        if memory or Failure.read(self._job) is None:
            reason = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            cause, remedy = (Cause.memory, _MEMORY) if memory else (Cause.failed, "")
            Failure(reason, log_path(self._job, rank), rank, cause, remedy).write(self._job)
        return code if code > 0 else 128 - code

    def _fork(self, rank: int, rendezvous: str) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with_parent(parent)
            os._exit(run_rank(self._job, rank, rendezvous, local_size=self._size))
        return pid

    def _reap(self) -> tuple[int, int] | None:
        """The first that ended badly, as (rank, wait status)."""
        failed: tuple[int, int] | None = None
        deadline = 0.0
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG if failed else 0)
            if pid:
                rank = self._alive.pop(pid)
                if status and failed is None:
                    failed = (rank, status)
                    deadline = time.monotonic() + _GRACE
            elif time.monotonic() > deadline:
                self.send(signal.SIGKILL)
                deadline = float("inf")
            else:
                time.sleep(0.05)
        return failed
