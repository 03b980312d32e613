"""Manifests: JSON lines, sorted by id, the same bytes for the same content."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models.files import write_text

Row = dict[str, Any]


def write_manifest(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows atomically. Raises ValueError for a value that JSON has no number for (NaN, infinity)."""
    ordered = sorted(rows, key=lambda row: row["id"])
    lines = [json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False) for row in ordered]
    write_text(path, "".join(line + "\n" for line in lines))


def read_manifest(path: Path) -> list[Row]:
    """The rows of a manifest, in order."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream if line.strip()]
