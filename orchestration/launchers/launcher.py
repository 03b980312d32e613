"""The launcher that assets see: creates a training job or attaches to it, and waits."""

import fcntl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from models.files import read_json, sha256_file
from models.recipes import TrainingRecipe
from models.training.errors import TrainingFailed
from orchestration.launchers.base import (
    Backend,
    JobCancelled,
    JobHeld,
    JobOutOfMemory,
    JobOutOfTime,
    JobState,
)
from orchestration.launchers.local import LocalBackend
from orchestration.ranks.failure import Cause, Failure
from orchestration.ranks.spec import RESULT, JobSpec
from serving.home import Home

_LAST_LINES = 15
_ERRORS: dict[Cause, type[TrainingFailed]] = {
    Cause.failed: TrainingFailed,
    Cause.memory: JobOutOfMemory,
    Cause.time: JobOutOfTime,
    Cause.cancelled: JobCancelled,
    Cause.held: JobHeld,
}


class Launcher:
    """Create-or-attach by job id, over any backend. Implements ``assets.ports.Launcher``.

    Args:
        home: Jobs live in its ``jobs/``.
        backend: Where jobs run; this machine by default.
    """

    def __init__(self, home: Home, backend: Backend | None = None) -> None:
        self.backend = backend or LocalBackend()
        self._jobs = home.jobs

    def warm(self) -> None:
        """Let the backend prepare for jobs that will come."""
        self.backend.warm()

    def train(
        self, context: dg.AssetExecutionContext, *, job_id: str, recipe: TrainingRecipe, folder: Path
    ) -> Mapping[str, Any]:
        """The result of the job: found, waited for, or made now.

        A job that an earlier, killed run left behind is joined while it runs; one that died goes on from its last
        good checkpoint. An interrupt of this run ends the job.

        Raises:
            TrainingFailed: The job ended without a result; a subclass in ``base`` where more is known.
            LauncherUnreachable, JobRejected: The cluster does not answer, or refused the job.
        """
        job = self._jobs / job_id
        job.mkdir(parents=True, exist_ok=True)
        if (found := self._finished(job, folder)) is not None:
            context.log.info("%s: the job has its result already, in %s", job_id, job)
            return found
        messages = dg.PipesFileMessageReader(str(job / "messages.jsonl"), cleanup_file=False)
        injector = dg.PipesFileContextInjector(str(job / "context.json"))
        with dg.open_pipes_session(context, injector, messages) as session:
            spec = JobSpec(job_id, recipe, folder, time.time(), session.get_bootstrap_env_vars())
            if self._create(spec, job):
                context.log.info("%s: started; logs in %s", job_id, job)
            else:
                context.log.info("%s: attached to the job that runs already; logs in %s", job_id, job)
            try:
                return self._wait(job, folder)
            except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
                self.backend.cancel(job)
                raise

    def run(self, *, job_id: str, recipe: TrainingRecipe, folder: Path) -> Mapping[str, Any]:
        """As ``train``, without Dagster."""
        job = self._jobs / job_id
        job.mkdir(parents=True, exist_ok=True)
        if (found := self._finished(job, folder)) is not None:
            return found
        self._create(JobSpec(job_id, recipe, folder, time.time()), job)
        return self._wait(job, folder)

    def _create(self, spec: JobSpec, job: Path) -> bool:
        """Submit, unless the job runs; two launchers that race submit once."""
        with (job / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.backend.poll(job) is JobState.RUNNING:
                return False
            spec.write(job)
            self.backend.submit(spec, job)
            return True

    def _wait(self, job: Path, folder: Path) -> Mapping[str, Any]:
        while self.backend.poll(job) is JobState.RUNNING:
            time.sleep(self.backend.interval)
        if (result := self._finished(job, folder)) is not None:
            return result
        raise _failure(job)

    def _finished(self, job: Path, folder: Path) -> Mapping[str, Any] | None:
        """The result, if the model that it speaks of is still there."""
        if self.backend.poll(job) is not JobState.DONE:
            return None
        result: dict[str, Any] = read_json(job / RESULT)
        weights = folder / "model.safetensors"
        return result if weights.exists() and sha256_file(weights) == result["sha256"] else None


def _failure(job: Path) -> TrainingFailed:
    """Job, rank, reason, what to do, log file and its last lines."""
    failure = Failure.read(job)
    if failure is None:
        return TrainingFailed(
            f"job {job.name} is gone without a result (killed?); logs in {job}: run it again, it resumes"
        )
    return _ERRORS[failure.cause](f"job {job.name}: {failure.described(_LAST_LINES)}")
