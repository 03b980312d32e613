"""The backend that the settings choose."""

from orchestration.launchers.base import Backend
from orchestration.launchers.kubernetes import KubernetesBackend
from orchestration.launchers.local import LocalBackend
from orchestration.launchers.settings import LauncherSettings
from orchestration.launchers.slurm import SlurmBackend


def chosen_backend(settings: LauncherSettings) -> Backend:
    """What runs the training jobs. Nothing is asked of a cluster yet."""
    if settings.launcher == "slurm":
        return SlurmBackend(settings.slurm)
    if settings.launcher == "kubernetes":
        assert settings.kubernetes is not None  # LauncherSettings.from_env asks for it
        return KubernetesBackend(settings.kubernetes)
    return LocalBackend()
