"""The Kubernetes backend against an HTTP server that this test starts in the place of the API."""

import time
from pathlib import Path
from threading import Thread

import pytest

from models.files import write_json
from models.recipes import DataMix, TrainingRecipe
from models.training.errors import TrainingFailed
from orchestration.launchers import Launcher
from orchestration.launchers.base import (
    JobOutOfMemory,
    JobOutOfTime,
    JobRejected,
    JobState,
    LauncherUnreachable,
)
from orchestration.launchers.kubernetes import KubernetesBackend
from orchestration.launchers.naming import job_name
from orchestration.launchers.settings import KubernetesSettings
from orchestration.ranks.failure import Failure
from orchestration.ranks.spec import RESULT, JobSpec, log_path
from serving.home import Home
from tests.models.training.conftest import TINY
from tests.orchestration.launchers.fake_kubernetes import FakeKubernetes

QUICK = {"poll_seconds": 0.02, "patience_seconds": 0.0, "visible_seconds": 0.0}
COLLECTION = {"TrainJob": "trainjobs", "PyTorchJob": "pytorchjobs"}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch):
    server = FakeKubernetes()
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path / "kubeconfig")))
    yield server
    server.close()


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "jobs" / "image_low-0123"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def spec(tmp_path: Path) -> JobSpec:
    recipe = TrainingRecipe("tiny", "video", TINY, (DataMix("index.json", "a"),), ())
    return JobSpec("image_low-0123", recipe, tmp_path / "model", 0.0)


@pytest.fixture(params=["TrainJob", "PyTorchJob"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def backend(tmp_path: Path):
    def make(**changes) -> KubernetesBackend:
        needed = {"image": "registry.example/cinemill:1", "claim": "home", "mount": tmp_path / "home"}
        return KubernetesBackend(KubernetesSettings(**needed | QUICK | changes))

    return make


def created(cluster: FakeKubernetes) -> list[str]:
    return [path.rsplit("/", 1)[1] for method, path in cluster.requests if method == "POST"]


def test_a_job_is_created_once_and_joined_by_an_orchestrator_that_restarts(cluster, backend, job, spec, kind):
    first = backend(kind=kind)
    assert first.poll(job) is JobState.ABSENT
    first.submit(spec, job)
    assert first.poll(job) is JobState.RUNNING
    again = backend(kind=kind)
    assert again.poll(job) is JobState.RUNNING
    again.submit(spec, job)
    assert created(cluster).count(COLLECTION[kind]) == 1
    assert cluster.named(COLLECTION[kind]) == [job_name(job)]


def test_another_orchestrators_job_of_the_same_name_is_joined(cluster, backend, job, spec, monkeypatch):
    ours = backend()
    backend().submit(spec, job)
    real = ours._api.get
    monkeypatch.setattr(ours._api, "get", lambda path: None)  # we looked just before the other created it
    ours.submit(spec, job)
    monkeypatch.setattr(ours._api, "get", real)
    assert len(cluster.named("trainjobs")) == 1
    assert ours.poll(job) is JobState.RUNNING


def test_only_the_result_is_success(cluster, backend, job, spec, kind):
    ours = backend(kind=kind, visible_seconds=0.3)
    ours.submit(spec, job)
    cluster.condition(COLLECTION[kind], "Complete" if kind == "TrainJob" else "Succeeded")
    assert ours.poll(job) is JobState.RUNNING  # a file system may show the file late
    write_json(job / RESULT, {})
    assert ours.poll(job) is JobState.DONE
    (job / RESULT).unlink()
    time.sleep(0.3)
    assert ours.poll(job) is JobState.FAILED
    assert "kubernetes.claim" in Failure.read(job).remedy


def test_a_job_that_waits_for_its_turn_or_restarts_is_waited_for(cluster, backend, job, spec, kind):
    ours = backend(kind=kind)
    ours.submit(spec, job)
    for condition in ("Created", "Suspended", "Running", "Restarting"):
        cluster.condition(COLLECTION[kind], condition)
        assert ours.poll(job) is JobState.RUNNING


def pod(job: Path, kind: str, log: str, **status) -> dict:
    labels = {
        "TrainJob": {"jobset.sigs.k8s.io/jobset-name": job_name(job), "batch.kubernetes.io/job-completion-index": "0"},
        "PyTorchJob": {"training.kubeflow.org/job-name": job_name(job), "training.kubeflow.org/replica-type": "master"},
    }
    metadata = {"name": "pod-0", "labels": labels[kind], "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "status": status, "log": log}


def test_a_failure_is_told_with_the_log_of_the_first_pod(cluster, backend, job, spec, kind):
    ours = backend(kind=kind)
    ours.submit(spec, job)
    older = pod(job, kind, "an earlier attempt")
    older["metadata"] |= {"name": "pod-older", "creationTimestamp": "2025-01-01T00:00:00Z"}
    cluster.pods = [pod(job, kind, "No module named orchestration\n"), older, pod(job.parent, kind, "another job's")]
    cluster.condition(COLLECTION[kind], "Failed", reason="BackoffLimitExceeded", message="restarted 3 times")
    assert ours.poll(job) is JobState.FAILED
    told = Failure.read(job).described(15)
    assert "BackoffLimitExceeded: restarted 3 times" in told
    assert told.endswith("No module named orchestration")
    assert ours.poll(job) is JobState.FAILED
    assert Failure.read(job).described(15) == told


@pytest.mark.parametrize(
    ("condition", "status", "error", "words"),
    [
        ({"reason": "FailedJobs"}, {}, TrainingFailed, "rank 1 was killed"),
        (
            {"reason": "FailedJobs"},
            {"containerStatuses": [{"lastState": {"terminated": {"reason": "OOMKilled"}}}]},
            JobOutOfMemory,
            "kubernetes.memory",
        ),
        ({"reason": "DeadlineExceeded"}, {}, JobOutOfTime, "deadline"),
    ],
)
def test_an_end_without_result_is_a_typed_error(cluster, backend, job, spec, tmp_path, condition, status, error, words):
    launcher = Launcher(Home(tmp_path / "home"), backend())

    def end() -> None:
        while not cluster.named("trainjobs"):
            time.sleep(0.01)
        log_path(job, 1).write_text("its last words\n")
        Failure("was killed by signal 9", log_path(job, 1), rank=1).write(job)
        cluster.pods = [pod(job, "TrainJob", "", **status)]
        cluster.condition("trainjobs", "Failed", **condition)

    ending = Thread(target=end)
    ending.start()
    with pytest.raises(error, match=r"(?s)rank 1 was killed by signal 9.*its last words") as raised:
        launcher.run(job_id=job.name, recipe=spec.recipe, folder=spec.folder)
    ending.join()
    assert type(raised.value) is error
    assert words in str(raised.value)


def test_a_failed_job_is_deleted_and_created_anew_once_it_is_gone(cluster, backend, job, spec, kind):
    ours = backend(kind=kind)
    ours.submit(spec, job)
    cluster.condition(COLLECTION[kind], "Failed")
    assert ours.poll(job) is JobState.FAILED
    cluster.lingering = 3
    ours.submit(spec, job)
    assert created(cluster).count(COLLECTION[kind]) == 2
    assert ours.poll(job) is JobState.RUNNING


def test_a_cancelled_job_is_gone_with_all_that_belongs_to_it(cluster, backend, job, spec, kind):
    ours = backend(kind=kind)
    ours.cancel(job)  # nothing to end yet
    ours.submit(spec, job)
    assert cluster.objects
    ours.cancel(job)
    assert not cluster.objects
    assert ours.poll(job) is JobState.ABSENT


def test_a_server_in_trouble_is_waited_for(cluster, backend, job, spec):
    ours = backend(patience_seconds=60.0)
    cluster.faults = [500, 503, 429]
    ours.submit(spec, job)
    cluster.faults = [500]
    assert ours.poll(job) is JobState.RUNNING


def test_a_job_that_was_created_before_the_server_failed_is_not_created_twice(cluster, backend, job, spec):
    ours = backend(patience_seconds=60.0)
    real = cluster.answer

    def answer(method, *rest):
        status, content = real(method, *rest)
        if method == "POST" and created(cluster).count("trainjobs") == 1:
            return 500, {"message": "etcd timed out"}
        return status, content

    cluster.answer = answer
    ours.submit(spec, job)
    assert created(cluster).count("trainjobs") == 2  # asked for again, which found it there
    assert len(cluster.named("trainjobs")) == 1


def test_a_server_that_stays_in_trouble_is_a_typed_error_that_says_what_to_do(cluster, backend, job, spec):
    cluster.faults = [500]
    with pytest.raises(LauncherUnreachable, match=r"500 the server is in trouble.*run this again; it joins"):
        backend().submit(spec, job)


def test_a_server_that_is_not_there_is_a_typed_error(cluster, backend, job):
    cluster.close()
    with pytest.raises(LauncherUnreachable, match="refused"):
        backend().poll(job)


def test_a_check_waits_for_nobody(cluster, backend):
    cluster.faults = [503]
    with pytest.raises(LauncherUnreachable, match="for 0 s: 503"):
        backend(patience_seconds=60.0).check()


def test_a_token_that_is_not_accepted_is_told_apart(cluster, backend, job, tmp_path):
    cluster.kubeconfig(tmp_path / "kubeconfig", token="expired")
    with pytest.raises(LauncherUnreachable, match=r"\(401\): Unauthorized: renew the token"):
        backend(patience_seconds=60.0).poll(job)


def test_a_cluster_without_the_operator_is_told_apart(cluster, backend, job, spec):
    cluster.kinds = {"pytorchjobs"}
    with pytest.raises(JobRejected, match=r"does not know Train.*kubernetes\.kind"):
        backend().submit(spec, job)
    with pytest.raises(LauncherUnreachable, match="does not know TrainJob"):
        backend().check()
    assert backend(kind="PyTorchJob").check() == f"PyTorchJob at {cluster.url}, namespace default"
