"""Artifact: what one asset hands to the next, a finished folder and the digest of its content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.files import read_json, sha256_file, sha256_json

DONE = "DONE.json"
SCRATCH = "work"


@dataclass(frozen=True)
class Artifact:
    """A finished folder of files, never changed again.

    Attributes:
        folder: Where the files are; ``DONE.json`` in it was written last.
        digest: SHA-256 over the names and digests of its files: the asset's data version.
        meta: Small facts about the content (JSON values).
        run_id: The MLflow run that made it, or ``None`` for an untracked one.
    """

    folder: Path
    digest: str
    meta: Mapping[str, Any]
    run_id: str | None = None

    @classmethod
    def open(cls, folder: Path) -> "Artifact":
        """The artifact in ``folder``. Raises FileNotFoundError while it is unfinished."""
        done = read_json(folder / DONE)
        return cls(folder, done["digest"], done["meta"], done["run_id"])


@dataclass(frozen=True)
class Built:
    """What a build function reports of the folder that it filled.

    Attributes:
        meta: Small facts, kept in ``Artifact.meta`` and shown as Dagster metadata.
        metrics: Figures for MLflow and Dagster metadata.
        pictures: PNG files in the folder that people look at, best first.
        history: JSONL file in the folder, an object a line with ``step`` and named values: the curves.
        system: The same of speed and load, which no repetition gives again: in the scratch folder.
    """

    meta: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    pictures: Sequence[Path] = ()
    history: Path | None = None
    system: Path | None = None


def folder_digest(folder: Path) -> str:
    """SHA-256 over the relative names and contents of a folder's files; ``work/`` and ``DONE.json`` are left out."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != DONE and path.relative_to(folder).parts[0] != SCRATCH
    )
    return sha256_json([[str(path.relative_to(folder)), sha256_file(path)] for path in files])
