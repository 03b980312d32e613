"""Launchers of training jobs."""

from orchestration.launchers.launcher import Launcher

__all__ = ["Launcher"]
