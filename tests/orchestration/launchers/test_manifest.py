from pathlib import Path

import pytest
import yaml

from models.training.interruption import REQUEUE
from orchestration.launchers.base import JobRejected
from orchestration.launchers.manifest import COLLECTIONS, render
from orchestration.launchers.settings import KubernetesSettings, LauncherSettings
from serving.home import REPOSITORY

JOB = Path("/shared/cinemill/jobs/image_low-1")
NEEDED = {"image": "i", "claim": "c", "mount": Path("/shared")}


def settings(**changes) -> KubernetesSettings:
    return KubernetesSettings(**NEEDED | changes)


def pods(manifests: list[dict]) -> list[dict]:
    """The pod templates of a job of either kind."""
    spec = manifests[0]["spec"]
    if manifests[0]["kind"] == "PyTorchJob":
        return [replica["template"]["spec"] for replica in spec["pytorchReplicaSpecs"].values()]
    return [job["template"]["spec"]["template"]["spec"] for job in spec["template"]["spec"]["replicatedJobs"]]


def test_the_examples_are_what_the_code_renders():
    for kind in ("TrainJob", "PyTorchJob"):
        folder = REPOSITORY / "infra" / "kubernetes"
        stored = LauncherSettings.model_validate(yaml.safe_load((folder / "settings.yaml").read_text()))
        chosen = stored.kubernetes.model_copy(update={"kind": kind})
        example = list(yaml.safe_load_all((folder / f"example-{kind.lower()}.yaml").read_text()))
        assert example == render(chosen, JOB, "cm-image-low-1-0123456789", 16)


def test_the_rights_cover_what_the_launcher_does():
    documents = yaml.safe_load_all((REPOSITORY / "infra" / "kubernetes" / "rbac.yaml").read_text())
    (role,) = (document for document in documents if document["kind"] == "Role")
    rights = {
        (group, resource): set(rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    for path in COLLECTIONS.values():
        group, resource = path.split("/")[2], path.split("/")[-1]
        assert {"create", "get", "list", "delete"} <= rights[group, resource]
    assert "list" in rights["", "pods"]
    assert "get" in rights["", "pods/log"]


@pytest.mark.parametrize("kind", ["TrainJob", "PyTorchJob"])
def test_every_pod_has_the_volume_the_gpus_and_time_to_save(kind):
    chosen = settings(
        kind=kind, grace_seconds=900, node_selector={"gpu": "h100"}, service_account="s", image_pull_secrets=("p",),
        tolerations=({"key": "nvidia.com/gpu"},),
    )  # fmt: skip
    for pod in pods(render(chosen, JOB, "n", 16)):
        assert pod["terminationGracePeriodSeconds"] == 900
        assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": "c"}
        assert pod["containers"][0]["volumeMounts"][0]["mountPath"] == "/shared"
        assert pod["nodeSelector"] == {"gpu": "h100"}
        assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists"}]
        assert pod["serviceAccountName"] == "s"
        assert pod["imagePullSecrets"] == [{"name": "p"}]


def test_a_train_job_replaces_pods_that_were_evicted_or_saved_and_stopped():
    runtime, job = render(settings(restarts=5, memory="64Gi"), JOB, "n", 16)
    replicated = runtime["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]
    rules = replicated["podFailurePolicy"]["rules"]
    assert {rule["action"] for rule in rules} == {"Ignore"}
    assert rules[0]["onPodConditions"][0]["type"] == "DisruptionTarget"
    assert rules[1]["onExitCodes"]["values"] == [REQUEUE]
    assert replicated["template"]["spec"]["restartPolicy"] == "Never"  # what a pod failure policy asks for
    assert runtime["spec"]["template"]["spec"]["failurePolicy"] == {"maxRestarts": 5}
    trainer = job["spec"]["trainer"]
    assert (trainer["numNodes"], trainer["numProcPerNode"]) == (2, 8)
    assert trainer["resourcesPerNode"]["limits"] == {"memory": "64Gi", "nvidia.com/gpu": 8}
    assert trainer["command"] == ["python", "-m", "orchestration.ranks.node", str(JOB)]
    assert job["spec"]["runtimeRef"]["name"] == runtime["metadata"]["name"]


def test_a_pytorch_job_has_a_master_and_its_workers():
    (job,) = render(settings(kind="PyTorchJob", gpus=False), JOB, "n", 24)
    replicas = job["spec"]["pytorchReplicaSpecs"]
    assert {role: replica["replicas"] for role, replica in replicas.items()} == {"Master": 1, "Worker": 2}
    assert job["spec"]["nprocPerNode"] == "8"
    assert replicas["Master"]["template"]["spec"]["containers"][0]["resources"] == {"requests": {}}
    (alone,) = render(settings(kind="PyTorchJob"), JOB, "n", 2)
    assert alone["spec"]["pytorchReplicaSpecs"].keys() == {"Master"}


def test_variables_reach_every_rank():
    chosen = settings(environment={"NCCL_DEBUG": "INFO"}, code="/src")
    trainer = render(chosen, JOB, "n", 8)[1]["spec"]["trainer"]
    values = {item["name"]: item["value"] for item in trainer["env"]}
    assert values["NCCL_DEBUG"] == "INFO"
    assert values["PYTHONPATH"] == "/src"
    # The operator refuses these: it sets them itself.
    assert not {name for name in values if name.startswith("PET_")}


@pytest.mark.parametrize("kind", ["TrainJob", "PyTorchJob"])
@pytest.mark.parametrize(("gpus", "device"), [(True, "cuda"), (False, "cpu")])
def test_ranks_are_told_whether_gpus_were_asked_for(kind, gpus, device):
    job = render(settings(kind=kind, gpus=gpus), JOB, "n", 8)[-1]
    told = {"name": "CINEMILL_DEVICE", "value": device}
    assert told in (job["spec"]["trainer"]["env"] if kind == "TrainJob" else pods([job])[0]["containers"][0]["env"])


def test_a_job_that_pods_could_not_see_is_refused():
    with pytest.raises(JobRejected, match="CINEMILL_HOME"):
        render(settings(mount=Path("/elsewhere")), JOB, "n", 8)
