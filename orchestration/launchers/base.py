"""The seam between the graph and whatever runs training jobs: this machine, Slurm, Kubernetes."""

from enum import Enum
from pathlib import Path
from typing import Protocol

from orchestration.ranks.spec import JobSpec


class JobState(Enum):
    """Where a job is."""

    ABSENT = "absent"  # never submitted, or gone without a result
    RUNNING = "running"
    DONE = "done"  # its result is written
    FAILED = "failed"


class Backend(Protocol):
    """Runs jobs. A job is a folder with ``spec.json``; rank 0 writes ``result.json`` into it, last.

    Jobs outlive the process that submitted them, so a backend keeps what it must remember in the job's folder.
    """

    def warm(self) -> None:
        """Prepare in the background for jobs that will come; doing nothing is fine."""
        ...

    def submit(self, spec: JobSpec, job: Path) -> None:
        """Start the ranks of a job whose spec lies in its folder ``job``."""
        ...

    def poll(self, job: Path) -> JobState:
        """The state of a job, whoever submitted it."""
        ...

    def cancel(self, job: Path) -> None:
        """End a running job; its checkpoints stay."""
        ...
