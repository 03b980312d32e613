"""The local backend: ranks as processes of this machine, forked from a host that has torch imported already."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Lock

from models.training.errors import TrainingFailed
from orchestration.launchers.base import JobState
from orchestration.ranks.processes import Process
from orchestration.ranks.spec import FAILURE, PID, RESULT, JobSpec
from serving.home import REPOSITORY

_HOST = "orchestration.ranks.host"


class LocalBackend:
    """Forks jobs from one preloaded host process, which lives as long as this process does.

    The first launch pays for the imports of torch, Lightning and DeepSpeed; ``warm`` pays for them early, beside other
    work. A job's identity is the pid and start time of its supervisor.
    """

    interval = 0.1

    def __init__(self) -> None:
        self._host: subprocess.Popen[str] | None = None
        self._ready = False
        self._lock = Lock()

    def warm(self) -> None:
        """Begin to preload, in the background."""
        with self._lock:
            self._started()

    def check(self) -> str:
        """Nothing to reach: doctor looks at this machine by itself."""
        return "this machine"

    def submit(self, spec: JobSpec, job: Path) -> None:
        """Fork the job's supervisor. Raises TrainingFailed when the host cannot start."""
        (job / RESULT).unlink(missing_ok=True)
        (job / FAILURE).unlink(missing_ok=True)
        with self._lock:
            host = self._started()
            assert host.stdin is not None
            if not self._ready:
                self._answer(host, job)
                self._ready = True
            host.stdin.write(f"{job}\n")
            host.stdin.flush()
            self._answer(host, job)
        del spec  # the ranks read it from the folder

    def poll(self, job: Path) -> JobState:
        """Done by its result; else running while its supervisor lives."""
        supervisor = Process.read(job / PID)
        if supervisor is not None and supervisor.alive():
            return JobState.RUNNING
        if (job / RESULT).exists():
            return JobState.DONE
        return JobState.FAILED if (job / FAILURE).exists() else JobState.ABSENT

    def cancel(self, job: Path) -> None:
        """End the supervisor, which ends the ranks."""
        if supervisor := Process.read(job / PID):
            supervisor.send(signal.SIGTERM)

    def close(self) -> None:
        """End the host; running jobs go on."""
        with self._lock:
            if self._host is not None and self._host.stdin is not None:
                self._host.stdin.close()
                self._host.wait()
                if self._host.stdout is not None:
                    self._host.stdout.close()
            self._host = None

    def _started(self) -> subprocess.Popen[str]:
        if self._host is None or self._host.poll() is not None:
            self._ready = False
            self._host = subprocess.Popen(
                [sys.executable, "-m", _HOST],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=REPOSITORY,
                env=_environment(),
                start_new_session=True,
            )
        return self._host

    @staticmethod
    def _answer(host: subprocess.Popen[str], job: Path) -> str:
        assert host.stdout is not None
        line = host.stdout.readline()
        if not line:
            raise TrainingFailed(
                f"job {job.name}: the host process {_HOST} ended with code {host.wait()} before it started the job; "
                "its error is above: run `cinemill doctor`"
            )
        return line.strip()


def _environment() -> dict[str, str]:
    """The host's: this interpreter's tools found first, no thread made before the forks."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONWARNINGS": "ignore",
        "OMP_NUM_THREADS": "1",
        "DO_NOT_TRACK": "1",
    }
