"""The seam between the graph and whatever runs training jobs: this machine, Slurm, Kubernetes."""

from enum import Enum
from pathlib import Path
from typing import Protocol

from models.training.errors import TrainingFailed
from orchestration.ranks.spec import JobSpec


class LauncherUnreachable(RuntimeError):
    """The cluster did not answer, or does not let us in; the message says what to do. A job there is not harmed."""


class JobRejected(RuntimeError):
    """The cluster refused a job as it was described; the message is the cluster's, and says what to change."""


class JobOutOfMemory(TrainingFailed):
    """A machine killed a rank for using too much memory."""


class JobOutOfTime(TrainingFailed):
    """A time limit ended the job before it could save and be queued again."""


class JobCancelled(TrainingFailed):
    """Somebody, or a policy of the cluster, ended the job."""


class JobHeld(TrainingFailed):
    """The job waits in the queue and will not start until somebody releases it."""


class JobState(Enum):
    """Where a job is."""

    ABSENT = "absent"  # never submitted, or gone without a result
    RUNNING = "running"  # or waiting for its turn, its first or after a preemption
    DONE = "done"  # its result is written
    FAILED = "failed"  # why is in its folder: ``orchestration.ranks.failure``


class Backend(Protocol):
    """Runs jobs. A job is a folder with ``spec.json``; rank 0 writes ``result.json`` into it, last.

    Jobs outlive the process that submitted them, so a backend keeps what it must remember in the job's folder.

    Attributes:
        interval: Seconds between two polls of a job that is waited for.
    """

    @property
    def interval(self) -> float: ...  # noqa: D102 (above)

    def warm(self) -> None:
        """Prepare in the background for jobs that will come; doing nothing is fine."""
        ...

    def check(self) -> str:
        """What answers, in a few words. Raises LauncherUnreachable when jobs could not be started."""
        ...

    def submit(self, spec: JobSpec, job: Path) -> None:
        """Start the ranks of a job whose spec lies in its folder ``job``, or find that they are started.

        Raises:
            LauncherUnreachable, JobRejected: as their names say.
        """
        ...

    def poll(self, job: Path) -> JobState:
        """The state of a job, whoever submitted it. Raises LauncherUnreachable."""
        ...

    def cancel(self, job: Path) -> None:
        """End a running job; its checkpoints stay."""
        ...
