"""Which launcher runs training jobs, and its settings: a YAML file and the environment, checked before use."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LAUNCHER = "CINEMILL_LAUNCHER"
SETTINGS = "CINEMILL_LAUNCHER_SETTINGS"

_WORD = r"^[^\s'\"]*$"  # goes into a directive of a script: one word


class SettingsInvalid(ValueError):
    """The launcher's settings name something that does not exist, or lack something; the message says what."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SlurmSettings(_Strict):
    """How jobs are asked of Slurm.

    Attributes:
        partition, account, qos, constraint: As sbatch knows them; empty: the cluster's default.
        time_limit: As sbatch knows it, for one stretch: a longer training is queued again and goes on.
        signal_seconds: Before the time limit ranks are asked to save and stop: longer than a step and a checkpoint.
        ranks_per_machine: Ranks, and with ``gpus`` so many GPUs, of one machine.
        gpus: Whether to ask for GPUs, one a rank: a machine that lacks them is an error.
        gpu_type: Of them, where the cluster has several.
        cpus_per_machine, memory: Of one machine; None and empty: the cluster's default.
        exclusive: Whether to share a machine with nobody.
        restarts: How often failed ranks are started again: a lost machine looks like failed ranks to the others.
        python: The interpreter on the machines.
        environment: Variables for the ranks.
        prologue: Lines of shell before the ranks start, such as ``module load cuda``.
        directives: More options of sbatch, such as ``--reservation=x``.
        poll_seconds: Between two questions to the controller.
        patience_seconds: How long a controller that does not answer is waited for.
        requeue_seconds: How long a job that the cluster took its machines from may take to reappear in the queue.
        visible_seconds: How long a file that a machine wrote may take to be seen here.
    """

    partition: str = Field("", pattern=_WORD)
    account: str = Field("", pattern=_WORD)
    qos: str = Field("", pattern=_WORD)
    constraint: str = Field("", pattern=_WORD)
    time_limit: str = Field("24:00:00", pattern=r"^(\d+-)?\d+(:\d+){0,2}$")
    signal_seconds: int = Field(300, ge=1, le=65535)
    ranks_per_machine: int = Field(8, ge=1)
    gpus: bool = True
    gpu_type: str = Field("", pattern=_WORD)
    cpus_per_machine: int | None = Field(None, ge=1)
    memory: str = Field("", pattern=r"^(\d+[KMGT]?)?$")
    exclusive: bool = False
    restarts: int = Field(3, ge=0)
    python: str = Field(sys.executable, min_length=1)
    environment: dict[str, str] = {}
    prologue: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    poll_seconds: float = Field(10.0, gt=0)
    patience_seconds: float = Field(600.0, ge=0)
    requeue_seconds: float = Field(900.0, ge=0)
    visible_seconds: float = Field(30.0, ge=0)


class Toleration(_Strict):
    """A taint that pods bear, as Kubernetes has it."""

    key: str
    operator: Literal["Exists", "Equal"] = "Exists"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class KubernetesSettings(_Strict):
    """How jobs are asked of Kubernetes, through a Kubeflow operator.

    Attributes:
        kind: ``TrainJob`` (Kubeflow Trainer, trainer.kubeflow.org/v1alpha1) or ``PyTorchJob`` (the Training Operator
            before it, kubeflow.org/v1).
        namespace: Where jobs live.
        image: With this code and its packages.
        claim: PersistentVolumeClaim (ReadWriteMany) that holds the home.
        mount: Where pods mount it: the same path as here, since jobs name files by their paths.
        service_account: Of the pods; empty: the namespace's default.
        context: Of the kubeconfig; empty: its current one. See ``access`` for where credentials are looked for.
        ranks_per_machine: Ranks, and with ``gpus`` so many GPUs, of one pod.
        gpus: Whether to ask for ``nvidia.com/gpu``, one a rank: a pod that lacks them is an error.
        cpus_per_machine, memory: Requests of one pod, such as ``16`` and ``128Gi``; empty: none.
        shared_memory: Size of ``/dev/shm``, which NCCL uses inside a machine.
        node_selector, tolerations, environment, image_pull_secrets, labels: Of the pods.
        grace_seconds: Between a pod's SIGTERM and its end: longer than a step and a checkpoint.
        restarts: How often failed pods are started again.
        python, code: The interpreter in the image, and the folder of this code there.
        poll_seconds: Between two looks at a job.
        patience_seconds: How long an API that does not answer is waited for.
        visible_seconds: How long a file that a pod wrote may take to be seen here.
    """

    kind: Literal["TrainJob", "PyTorchJob"] = "TrainJob"
    namespace: str = Field("default", pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    image: str = Field(min_length=1)
    claim: str = Field(min_length=1)
    mount: Path
    service_account: str = ""
    context: str = ""
    ranks_per_machine: int = Field(8, ge=1)
    gpus: bool = True
    cpus_per_machine: str = ""
    memory: str = ""
    shared_memory: str = "16Gi"
    node_selector: dict[str, str] = {}
    tolerations: tuple[Toleration, ...] = ()
    environment: dict[str, str] = {}
    image_pull_secrets: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    grace_seconds: int = Field(300, ge=1)
    restarts: int = Field(3, ge=0)
    python: str = Field("python", min_length=1)
    code: str = Field("/app", pattern=r"^/")
    poll_seconds: float = Field(5.0, gt=0)
    patience_seconds: float = Field(600.0, ge=0)
    visible_seconds: float = Field(30.0, ge=0)


class LauncherSettings(_Strict):
    """The file of settings: which launcher, and what each of them needs."""

    launcher: Literal["local", "slurm", "kubernetes"] = "local"
    slurm: SlurmSettings = SlurmSettings()
    kubernetes: KubernetesSettings | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> "LauncherSettings":
        """The file that ``CINEMILL_LAUNCHER_SETTINGS`` names, if any; ``CINEMILL_LAUNCHER`` overrules its choice.

        Raises:
            SettingsInvalid: The file is missing or no YAML, or a field is unknown, missing or wrong.
        """
        file = environment.get(SETTINGS)
        content = _read(Path(file)) if file else {}
        if chosen := environment.get(LAUNCHER):
            content = {**content, "launcher": chosen}
        try:
            settings = cls.model_validate(content)
        except ValidationError as error:
            raise SettingsInvalid(_explained(error, file)) from error
        if settings.launcher == "kubernetes" and settings.kubernetes is None:
            raise SettingsInvalid(
                f"{file or SETTINGS}: the launcher kubernetes needs a section `kubernetes` with image, claim, mount: "
                f"see infra/kubernetes/, and name the file in {SETTINGS}"
            )
        return settings


def _read(path: Path) -> dict[str, object]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsInvalid(f"{SETTINGS}: cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise SettingsInvalid(f"{path} holds no settings: see infra/slurm/settings.yaml for their form")
    return content


def _explained(error: ValidationError, file: str | None) -> str:
    """Every wrong field by its path; for an unknown one, those that there are."""
    lines = []
    for item in error.errors():
        path = [str(part) for part in item["loc"]]
        if item["type"] == "extra_forbidden":
            lines.append(f"{'.'.join(path)} is unknown: choose from {', '.join(_fields(path[:-1]))}")
        elif path == ["launcher"]:
            lines.append(f"launcher is {item['input']!r}: choose local, slurm or kubernetes ({LAUNCHER})")
        else:
            lines.append(f"{'.'.join(path)}: {item['msg']}")
    return f"{file or 'launcher settings'}: " + "; ".join(lines)


def _fields(path: list[str]) -> list[str]:
    models: dict[str, type[BaseModel]] = {"slurm": SlurmSettings, "kubernetes": KubernetesSettings}
    model = Toleration if "tolerations" in path else models[path[0]] if path else LauncherSettings
    return list(model.model_fields)
