"""The Dagster instance of one home."""

import os
import shutil
from pathlib import Path

import dagster as dg

from serving.home import REPOSITORY, Home


def prepare(home: Home) -> Path:
    """``DAGSTER_HOME`` of a home, with the repository's ``dagster.yaml`` in it; the environment points there.

    Dagster reads its instance file only from ``DAGSTER_HOME``, so it is copied on every start: the one at the root, or
    with ``CINEMILL_DAGSTER_URL`` set the PostgreSQL form.
    """
    home.dagster.mkdir(parents=True, exist_ok=True)
    temporary = home.dagster / f".dagster.{os.getpid()}.yaml"
    postgres = os.environ.get("CINEMILL_DAGSTER_URL")
    source = REPOSITORY / "infra" / "dagster.postgres.yaml" if postgres else REPOSITORY / "dagster.yaml"
    shutil.copyfile(source, temporary)
    temporary.replace(home.dagster / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    return home.dagster


def instance(home: Home) -> dg.DagsterInstance:
    """The persistent instance of a home: its runs are those that the web page shows. Close it, or use ``with``."""
    return dg.DagsterInstance.from_config(str(prepare(home)))
