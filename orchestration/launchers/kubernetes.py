"""The Kubernetes backend: a job is a Kubeflow object of the same name."""

import time
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from models.files import write_text
from orchestration.launchers.access import Access
from orchestration.launchers.base import JobState, LauncherUnreachable
from orchestration.launchers.kubernetes_api import KubernetesApi
from orchestration.launchers.manifest import COLLECTIONS, CONTAINER, RANK_0, Manifest, render
from orchestration.launchers.naming import job_name
from orchestration.launchers.settings import KubernetesSettings
from orchestration.ranks.failure import Cause, Failure
from orchestration.ranks.spec import FAILURE, RESULT, JobSpec

POD_LOG = "pod-0.log"

_DONE = {"Complete", "Succeeded"}
_TAIL = 100  # lines of the pod's log
_SETTLE = 300.0  # seconds that deleted objects may take to be gone, beyond their pods' grace


class KubernetesBackend:
    """Runs jobs through Kubeflow. Job folders lie on a volume that pods mount at the same path.

    A job is found by its name alone, so nothing needs to be remembered.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self.interval = settings.poll_seconds
        self._settings = settings
        self._complete_since: dict[Path, float] = {}

    @cached_property
    def _api(self) -> KubernetesApi:
        """Made at first use: the graph can be looked at without credentials."""
        access = Access.find(self._settings.context)
        return KubernetesApi(access, min(self._settings.poll_seconds, 5.0), self._settings.patience_seconds)

    def warm(self) -> None:
        """Nothing can be prepared: the machines are not ours yet."""

    def check(self) -> str:
        """Whether the API answers at once, knows the kind of job and lets us see them. Raises LauncherUnreachable."""
        if self._api.get(f"{self._collection(self._settings.kind)}?limit=1", patience=0.0) is None:
            raise LauncherUnreachable(
                f"{self._api.server} does not know {self._settings.kind}: install its operator, or change "
                "kubernetes.kind"
            )
        return f"{self._settings.kind} at {self._api.server}, namespace {self._settings.namespace}"

    def submit(self, spec: JobSpec, job: Path) -> None:
        """Create the job's objects, unless they are there and not over. Raises JobRejected, LauncherUnreachable."""
        name = job_name(job)
        manifests = render(self._settings, job, name, spec.recipe.world_size)
        (job / FAILURE).unlink(missing_ok=True)
        self._complete_since.pop(job, None)
        found = self._api.get(self._path(manifests[-1]["kind"], name))
        if found is not None and not _over(found):
            return
        for manifest in reversed(manifests):  # what an earlier attempt left
            self._remove(self._path(manifest["kind"], name))
        (job / RESULT).unlink(missing_ok=True)
        for manifest in manifests:
            self._api.create(self._collection(manifest["kind"]), manifest)

    def poll(self, job: Path) -> JobState:
        """Done by its result; else what the object's conditions say. Raises LauncherUnreachable."""
        if (job / RESULT).exists():
            return JobState.DONE
        found = self._api.get(self._path(self._settings.kind, job_name(job)))
        if found is None or "deletionTimestamp" in found["metadata"]:
            return JobState.FAILED if (job / FAILURE).exists() else JobState.ABSENT
        conditions = _conditions(found)
        if "Failed" in conditions:
            return self._failed(job, conditions["Failed"])
        if conditions.keys() & _DONE:
            return self._completed(job)
        return JobState.RUNNING

    def cancel(self, job: Path) -> None:
        """Delete the job's objects: its pods get their grace. Raises LauncherUnreachable."""
        name = job_name(job)
        self._api.delete(self._path(self._settings.kind, name))
        if self._settings.kind == "TrainJob":
            self._api.delete(self._path("TrainingRuntime", name))

    def _completed(self, job: Path) -> JobState:
        """The pods ended well, so rank 0 has written its result; a network file system shows it late."""
        now = time.monotonic()
        if now - self._complete_since.setdefault(job, now) < self._settings.visible_seconds:
            return JobState.RUNNING
        reason = f"{self._settings.kind} {job_name(job)} ended well, but {job / RESULT} is not to be seen here"
        remedy = "kubernetes.claim must be the volume that holds the home"
        Failure(reason, job / POD_LOG, remedy=remedy).write(job)
        return JobState.FAILED

    def _failed(self, job: Path, condition: Manifest) -> JobState:
        """Keep the reason in the folder: the rank's own words where one has left some, else the log of rank 0's pod."""
        name = job_name(job)
        what = f"{self._settings.kind} {name} failed: {condition.get('reason', '')}: {condition.get('message', '')}"
        own = Failure.read(job)
        if own is not None and own.reason.endswith(what):
            return JobState.FAILED
        cause, remedy = self._cause(condition, name, job)
        if own is None:
            Failure(what, job / POD_LOG, cause=cause, remedy=remedy).write(job)
        else:
            own.ended(what, cause, remedy).write(job)
        return JobState.FAILED

    def _cause(self, condition: Manifest, name: str, job: Path) -> tuple[Cause, str]:
        """What kind of end it was, by the pods of rank 0; their newest log goes into the job's folder."""
        selector = quote(RANK_0[self._settings.kind].format(name=name))
        pods = f"/api/v1/namespaces/{self._settings.namespace}/pods"
        found = (self._api.get(f"{pods}?labelSelector={selector}") or {}).get("items", [])
        newest = max(found, key=lambda pod: pod["metadata"]["creationTimestamp"], default=None)
        if newest is not None:
            container = CONTAINER[self._settings.kind]
            path = f"{pods}/{newest['metadata']['name']}/log?container={container}&tailLines={_TAIL}"
            write_text(job / POD_LOG, self._api.text(path))
        if condition.get("reason") == "DeadlineExceeded":
            return Cause.time, "raise the deadline; run it again, it resumes"
        if newest is not None and "OOMKilled" in _ends(newest):
            return Cause.memory, "raise kubernetes.memory, or use more machines"
        return Cause.failed, ""

    def _remove(self, path: str) -> None:
        """Delete an object and wait until it is gone."""
        deadline = time.monotonic() + self._settings.grace_seconds + _SETTLE
        while (found := self._api.get(path)) is not None:
            if time.monotonic() > deadline:
                raise LauncherUnreachable(f"{self._api.server} does not finish deleting {path}: look at its finalizers")
            if "deletionTimestamp" not in found["metadata"]:
                self._api.delete(path)
            time.sleep(self.interval)

    def _collection(self, kind: str) -> str:
        return COLLECTIONS[kind].format(namespace=self._settings.namespace)

    def _path(self, kind: str, name: str) -> str:
        return f"{self._collection(kind)}/{name}"


def _conditions(found: Manifest) -> dict[str, Manifest]:
    """The conditions that hold, by their type."""
    conditions = found.get("status", {}).get("conditions", [])
    return {condition["type"]: condition for condition in conditions if condition["status"] == "True"}


def _over(found: Manifest) -> bool:
    return "deletionTimestamp" in found["metadata"] or bool(_conditions(found).keys() & {*_DONE, "Failed"})


def _ends(pod: dict[str, Any]) -> set[str]:
    """Why the containers of a pod ended, this time or the time before."""
    states = [
        status.get(which, {}).get("terminated", {})
        for status in pod.get("status", {}).get("containerStatuses", [])
        for which in ("state", "lastState")
    ]
    return {state.get("reason", "") for state in states}
