"""The resources that Dagster injects into assets: what ``assets.ports`` asks for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.store import Store
from models.recipes import PROFILES, Profile
from orchestration.io_manager import ArtifactIOManager
from orchestration.launchers import Launcher
from orchestration.launchers.selection import chosen_backend
from orchestration.launchers.settings import LauncherSettings
from orchestration.process_tag import process_tag
from orchestration.registry import MlflowRegistry
from orchestration.tracking import MlflowTracker
from serving.home import Home

PROFILE_TAG = "cinemill/profile"


class UnknownProfile(ValueError):
    """A profile name that is in no recipe; the message lists those that are."""


@dataclass(frozen=True)
class RunSettings:
    """How much each stage does, and on what footage. Implements ``assets.ports.Settings``."""

    profile: Profile
    footage: Sequence[str] = ()


def build_resources(
    home: Home | None = None, *, profile: str | None = None, footage: Sequence[str] | None = None
) -> dict[str, Any]:
    """Every resource of the graph, for one home.

    Args:
        home: Default ``CINEMILL_HOME``, or ``var/`` in the checkout.
        profile: ``smoke``, ``demo`` or ``full``. By default the run's tag ``cinemill/profile``, then
            ``CINEMILL_PROFILE``, then ``demo``.
        footage: Folders or URIs. By default those of ``CINEMILL_FOOTAGE``: see ``footage_from_env``.

    Raises:
        SettingsInvalid: What ``CINEMILL_LAUNCHER`` or the file ``CINEMILL_LAUNCHER_SETTINGS`` says is wrong.
    """
    home = home or Home.from_env()
    tracker = MlflowTracker(home)
    sources = tuple(footage) if footage is not None else footage_from_env()

    @dg.resource(description="How much each stage does: the smoke, demo or full profile, and the footage.")
    def settings(context: dg.InitResourceContext) -> RunSettings:
        tags = context.run.tags if context.run else {}
        name = profile or tags.get(PROFILE_TAG) or os.environ.get("CINEMILL_PROFILE") or "demo"
        return RunSettings(profile_named(name), sources)

    @dg.io_manager(description="Keeps pointers to artifacts in the store.")
    def io_manager(context: dg.InitResourceContext) -> ArtifactIOManager:
        own = process_tag()
        # Every run comes by here. A daemon's is launched without the tag, one that is tried again with the last one's.
        if context.run and context.instance and not own.items() <= context.run.tags.items():
            context.instance.add_run_tags(context.run.run_id, own)
        return ArtifactIOManager(home.store)

    return {
        "store": Store(home.store, tracker),
        "tracker": tracker,
        "registry": MlflowRegistry(tracker),
        "launcher": Launcher(home, chosen_backend(LauncherSettings.from_env())),
        "settings": settings,
        "home": home,
        "io_manager": io_manager,
    }


def profile_named(name: str) -> Profile:
    """A profile by its name. Raises UnknownProfile."""
    if name not in PROFILES:
        raise UnknownProfile(f"profile {name!r} is unknown: choose one of {', '.join(PROFILES)} (CINEMILL_PROFILE)")
    return PROFILES[name]()


def footage_from_env() -> tuple[str, ...]:
    """Footage folders and URIs that ``CINEMILL_FOOTAGE`` names, one a line or comma separated.

    A line that is the path of something as a whole is that, with all its commas.
    """
    lines = [line.strip() for line in os.environ.get("CINEMILL_FOOTAGE", "").splitlines()]
    parts = [part for line in lines for part in ([line] if os.access(line, os.F_OK) else line.split(","))]
    return tuple(part.strip() for part in parts if part.strip())
