"""The Slurm backend: a job is a batch job of the same name, queued again whenever its time is up."""

import time
from pathlib import Path

from models.files import read_json, write_json, write_text
from models.training.interruption import REQUEUE
from orchestration.launchers.base import JobState
from orchestration.launchers.naming import job_name
from orchestration.launchers.sbatch import RESTARTS, output_path, render
from orchestration.launchers.scheduler import Scheduler, Status
from orchestration.launchers.settings import SlurmSettings
from orchestration.ranks.failure import Cause, Failure
from orchestration.ranks.spec import FAILURE, RESULT, JobSpec

RECORD = "slurm.json"
SCRIPT = "job.sh"

_HELD = {"REQUEUE_HOLD", "SPECIAL_EXIT"}
_TAKEN = {"PREEMPTED", "NODE_FAIL", "BOOT_FAIL"}  # the cluster's doing: with --requeue it comes back to the queue
_CAUSES = {
    "OUT_OF_MEMORY": (Cause.memory, "give it more memory (slurm.memory) or more machines"),
    "TIMEOUT": (Cause.time, "raise slurm.signal_seconds until a checkpoint fits; run it again, it resumes"),
    "DEADLINE": (Cause.time, "the partition's deadline came first; run it again, it resumes"),
    "CANCELLED": (Cause.cancelled, "run it again, it resumes"),
    "REVOKED": (Cause.cancelled, "run it again, it resumes"),
}
_OVER = {*_CAUSES, "FAILED", "LAUNCH_FAILED", "RECONFIG_FAIL"}


class SlurmBackend:
    """Runs jobs through sbatch. Job folders lie on a file system that the cluster's machines see at the same path.

    A job is found by its number, which its folder keeps, or by its name when whoever submitted it died in between.
    """

    def __init__(self, settings: SlurmSettings) -> None:
        self.interval = settings.poll_seconds
        self._settings = settings
        self._slurm = Scheduler(min(settings.poll_seconds, 5.0), settings.patience_seconds)
        self._missing_since: dict[Path, float] = {}

    def warm(self) -> None:
        """Nothing can be prepared: the machines are not ours yet."""

    def check(self) -> str:
        """What the controller says of itself. Raises LauncherUnreachable."""
        return self._slurm.ping()

    def submit(self, spec: JobSpec, job: Path) -> None:
        """Queue the job, unless one of its name waits or runs. Raises JobRejected, LauncherUnreachable."""
        name = job_name(job)
        script = render(self._settings, job, name, spec.recipe.world_size)
        (job / FAILURE).unlink(missing_ok=True)
        self._missing_since.pop(job, None)
        number = self._slurm.named(name)
        if number is None:
            for file in (RECORD, RESULT, RESTARTS):
                (job / file).unlink(missing_ok=True)
            write_text(job / SCRIPT, script)
            number = self._slurm.submit(job / SCRIPT, name)
        write_json(job / RECORD, {"number": number, "name": name})

    def poll(self, job: Path) -> JobState:
        """Done by its result; else what queue and accounting say. Raises LauncherUnreachable."""
        if (job / RESULT).exists():
            return JobState.DONE
        number = self._number(job)
        if number is None or (status := self._slurm.status(number)) is None:
            return JobState.FAILED if (job / FAILURE).exists() else JobState.ABSENT
        return self._judged(job, number, status)

    def cancel(self, job: Path) -> None:
        """End the job, wherever it is in the queue. Raises LauncherUnreachable."""
        if number := self._number(job):
            self._slurm.cancel(number)

    def _judged(self, job: Path, number: str, status: Status) -> JobState:
        if status.state == "COMPLETED":
            return self._completed(job, number)
        if status.state in _HELD or "held" in status.reason.lower():
            remedy = f"`scontrol release {number}` when that is settled, or `scancel {number}`; then run it again"
            return _failed(job, number, f"is held ({status.reason or status.state})", Cause.held, remedy)
        if status.state in _TAKEN:
            if self._missing_for(job) < self._settings.requeue_seconds:
                return JobState.RUNNING
            return _failed(job, number, f"lost its machines ({status.state})", Cause.failed, "run it again, it resumes")
        if status.state in _OVER:
            return _over(job, number, status)
        self._missing_since.pop(job, None)
        return JobState.RUNNING

    def _number(self, job: Path) -> str | None:
        try:
            return str(read_json(job / RECORD)["number"])
        except FileNotFoundError:
            return self._slurm.named(job_name(job))

    def _completed(self, job: Path, number: str) -> JobState:
        """The script ended well, so rank 0 has written its result; a network file system shows it late."""
        if self._missing_for(job) < self._settings.visible_seconds:
            return JobState.RUNNING
        reason = f"ended well, but {job / RESULT} is not to be seen here"
        return _failed(job, number, reason, Cause.failed, "the home must lie on a file system that the machines share")

    def _missing_for(self, job: Path) -> float:
        """Seconds since the job was last seen waiting or running."""
        now = time.monotonic()
        return now - self._missing_since.setdefault(job, now)


def _over(job: Path, number: str, status: Status) -> JobState:
    cause, remedy = _CAUSES.get(status.state, (Cause.failed, ""))
    if status.exit_code.startswith(f"{REQUEUE}:"):
        remedy = "it saved and stopped, but was not queued again: run it again, it resumes"
    code = f", exit code {status.exit_code}" if status.exit_code else ""
    return _failed(job, number, f"ended as {status.state}{code}", cause, remedy)


def _failed(job: Path, number: str, what: str, cause: Cause, remedy: str) -> JobState:
    """Keep the reason in the folder: with the rank's own words where a rank has left some."""
    what = f"Slurm job {number} {what}"
    own = Failure.read(job)
    if own is None:
        Failure(what, output_path(job, number), cause=cause, remedy=remedy).write(job)
    elif not own.reason.endswith(what):
        own.ended(what, cause, remedy).write(job)
    return JobState.FAILED
