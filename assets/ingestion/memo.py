"""Memory of finished work: one small file for each result, under its content id and the version of the code."""

from json import JSONDecodeError
from pathlib import Path
from typing import Any

from models.files import read_json, sha256_json, write_json


class Memo:
    """Results by key. A result is there whole or not at all, whatever kills the writer.

    Args:
        root: A folder on storage that whoever continues the work can read.
        name: Of the work.
        version: Of the code that does it: another version knows nothing of these results.
    """

    def __init__(self, root: Path, name: str, version: str) -> None:
        self._folder = root / name / version

    def get(self, key: Any) -> Any:
        """The result stored under a key (a JSON value), or ``None``. An unreadable file counts as none."""
        try:
            return read_json(self._path(key))["result"]
        except (FileNotFoundError, JSONDecodeError, KeyError):
            return None

    def put(self, key: Any, result: Any) -> None:
        """Keep a result (a JSON value)."""
        write_json(self._path(key), {"key": key, "result": result})

    def _path(self, key: Any) -> Path:
        digest = sha256_json(key)
        return self._folder / digest[:2] / f"{digest}.json"
