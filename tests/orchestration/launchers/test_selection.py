from pathlib import Path

import pytest

from orchestration.launchers.base import LauncherUnreachable
from orchestration.launchers.kubernetes import KubernetesBackend
from orchestration.launchers.local import LocalBackend
from orchestration.launchers.selection import chosen_backend
from orchestration.launchers.settings import LAUNCHER, SETTINGS, KubernetesSettings, LauncherSettings, SettingsInvalid
from orchestration.launchers.slurm import SlurmBackend
from orchestration.resources import build_resources
from serving.home import REPOSITORY, Home

SECTION = KubernetesSettings(image="i", claim="c", mount=Path("/shared"))


def test_the_settings_choose_the_backend():
    assert isinstance(chosen_backend(LauncherSettings()), LocalBackend)
    slurm = LauncherSettings.model_validate({"launcher": "slurm", "slurm": {"poll_seconds": 3}})
    assert chosen_backend(slurm).interval == 3
    assert isinstance(chosen_backend(LauncherSettings(launcher="kubernetes", kubernetes=SECTION)), KubernetesBackend)


def test_the_graph_is_built_with_what_the_environment_chooses(tmp_path, monkeypatch):
    monkeypatch.delenv(LAUNCHER, raising=False)
    for name, kind in (("slurm", SlurmBackend), ("kubernetes", KubernetesBackend)):
        monkeypatch.setenv(SETTINGS, str(REPOSITORY / "infra" / name / "settings.yaml"))
        assert isinstance(build_resources(Home(tmp_path))["launcher"].backend, kind)
    monkeypatch.setenv(LAUNCHER, "loca")
    with pytest.raises(SettingsInvalid, match="local"):
        build_resources(Home(tmp_path))


def test_a_cluster_is_not_asked_before_there_is_a_job(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    backend = chosen_backend(LauncherSettings(launcher="kubernetes", kubernetes=SECTION))
    with pytest.raises(LauncherUnreachable, match="KUBECONFIG"):
        backend.check()
