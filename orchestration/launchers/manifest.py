"""The objects that describe a job to Kubeflow: a TrainJob with its TrainingRuntime, or a PyTorchJob."""

from pathlib import Path
from typing import Any

from models.training.interruption import REQUEUE
from orchestration.launchers.base import JobRejected
from orchestration.launchers.naming import machines
from orchestration.launchers.settings import KubernetesSettings
from orchestration.ranks.preload import DEVICE

Manifest = dict[str, Any]

_TRAINER = "trainer.kubeflow.org"
COLLECTIONS = {
    "TrainJob": f"/apis/{_TRAINER}/v1alpha1/namespaces/{{namespace}}/trainjobs",
    "TrainingRuntime": f"/apis/{_TRAINER}/v1alpha1/namespaces/{{namespace}}/trainingruntimes",
    "PyTorchJob": "/apis/kubeflow.org/v1/namespaces/{namespace}/pytorchjobs",
}
"""Where objects of a kind are."""

RANK_0 = {
    "TrainJob": "jobset.sigs.k8s.io/jobset-name={name},batch.kubernetes.io/job-completion-index=0",
    "PyTorchJob": "training.kubeflow.org/job-name={name},training.kubeflow.org/replica-type=master",
}
"""Labels of the pod that runs rank 0."""

CONTAINER = {"TrainJob": "node", "PyTorchJob": "pytorch"}
"""The container of a pod, whose name the operators prescribe."""

_PORT = 23456  # what the Training Operator gives the first pod's service


def render(settings: KubernetesSettings, job: Path, name: str, world_size: int) -> list[Manifest]:
    """The objects of the job in ``job``, in the order in which they are to be created; the job itself is last.

    Raises:
        JobRejected: Its ranks fill no machines, or its folder is not on the volume that pods mount.
    """
    if not job.is_relative_to(settings.mount):
        raise JobRejected(
            f"{job} is not on the shared volume, which pods mount at {settings.mount}: move the home there "
            "(CINEMILL_HOME), or correct kubernetes.mount"
        )
    nodes, share = machines(world_size, settings.ranks_per_machine)
    if settings.kind == "TrainJob":
        return [_runtime(settings, name, nodes), _train_job(settings, job, name, nodes, share)]
    return [_pytorch_job(settings, job, name, nodes, share)]


def _runtime(settings: KubernetesSettings, name: str, nodes: int) -> Manifest:
    """One for each job: what a TrainJob may change of a shared runtime has had three names in as many releases.

    A pod that was evicted, or that saved and stopped because another was, is replaced and counts for nothing. Any
    other failure ends the others too, which would wait for it, and all start again together.
    """
    ignored = [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [REQUEUE]}},
    ]
    container: Manifest = {"name": CONTAINER["TrainJob"], "image": settings.image, **_mounts(settings)}
    node = {
        "name": "node",
        "template": {
            "metadata": {"labels": {f"{_TRAINER}/trainjob-ancestor-step": "trainer"}},
            "spec": {
                "backoffLimit": 0,
                "podFailurePolicy": {"rules": ignored},
                "template": {
                    "metadata": {"labels": _labels(settings)},
                    "spec": _pod(settings, container) | {"restartPolicy": "Never"},
                },
            },
        },
    }
    return {
        "apiVersion": f"{_TRAINER}/v1alpha1",
        "kind": "TrainingRuntime",
        "metadata": _metadata(settings, name),
        "spec": {
            "mlPolicy": {"numNodes": nodes, "torch": {}},
            "template": {"spec": {"failurePolicy": {"maxRestarts": settings.restarts}, "replicatedJobs": [node]}},
        },
    }


def _train_job(settings: KubernetesSettings, job: Path, name: str, nodes: int, share: int) -> Manifest:
    return {
        "apiVersion": f"{_TRAINER}/v1alpha1",
        "kind": "TrainJob",
        "metadata": _metadata(settings, name),
        "spec": {
            "runtimeRef": {"apiGroup": _TRAINER, "kind": "TrainingRuntime", "name": name},
            "trainer": {
                "image": settings.image,
                "command": _command(settings, job),
                "env": _environment(settings),
                "numNodes": nodes,
                "numProcPerNode": share,
                "resourcesPerNode": _resources(settings, share),
            },
        },
    }


def _pytorch_job(settings: KubernetesSettings, job: Path, name: str, nodes: int, share: int) -> Manifest:
    container = {
        "name": CONTAINER["PyTorchJob"],
        "image": settings.image,
        "command": _command(settings, job),
        "env": _environment(settings),
        "resources": _resources(settings, share),
        "ports": [{"name": "pytorchjob-port", "containerPort": _PORT}],
        **_mounts(settings),
    }
    template = {"metadata": {"labels": _labels(settings)}, "spec": _pod(settings, container)}
    replicas = {"Master": 1, "Worker": nodes - 1}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": _metadata(settings, name),
        "spec": {
            "nprocPerNode": str(share),
            # Pods that end badly are started again in place; that they saved and stopped is not told apart here.
            "runPolicy": {"backoffLimit": settings.restarts, "cleanPodPolicy": "Running"},
            "pytorchReplicaSpecs": {
                role: {"replicas": count, "restartPolicy": "OnFailure", "template": template}
                for role, count in replicas.items()
                if count
            },
        },
    }


def _metadata(settings: KubernetesSettings, name: str) -> Manifest:
    return {"name": name, "namespace": settings.namespace, "labels": _labels(settings)}


def _labels(settings: KubernetesSettings) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": "cinemill", **settings.labels}


def _command(settings: KubernetesSettings, job: Path) -> list[str]:
    return [settings.python, "-m", "orchestration.ranks.node", str(job)]


def _environment(settings: KubernetesSettings) -> list[Manifest]:
    values = {
        "PYTHONPATH": settings.code,
        "OMP_NUM_THREADS": "1",
        "DO_NOT_TRACK": "1",
        DEVICE: "cuda" if settings.gpus else "cpu",
        **settings.environment,
    }
    return [{"name": name, "value": value} for name, value in sorted(values.items())]


def _resources(settings: KubernetesSettings, share: int) -> Manifest:
    requests = {"cpu": settings.cpus_per_machine, "memory": settings.memory}
    resources: Manifest = {"requests": {name: value for name, value in requests.items() if value}}
    if settings.memory:
        resources["limits"] = {"memory": settings.memory}
    if settings.gpus:
        resources.setdefault("limits", {})["nvidia.com/gpu"] = share
    return resources


def _mounts(settings: KubernetesSettings) -> Manifest:
    return {
        "workingDir": settings.code,
        "volumeMounts": [
            {"name": "home", "mountPath": str(settings.mount)},
            {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - where the volume goes in the pod
        ],
    }


def _pod(settings: KubernetesSettings, container: Manifest) -> Manifest:
    pod: Manifest = {
        "terminationGracePeriodSeconds": settings.grace_seconds,
        "containers": [container],
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": settings.claim}},
            {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": settings.shared_memory}},
        ],
    }
    if settings.service_account:
        pod["serviceAccountName"] = settings.service_account
    if settings.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": secret} for secret in settings.image_pull_secrets]
    if settings.node_selector:
        pod["nodeSelector"] = dict(settings.node_selector)
    if settings.tolerations:
        pod["tolerations"] = [item.model_dump(exclude_none=True) for item in settings.tolerations]
    return pod
