"""Sources: which files to take in, and under what licence. Folders, files and URIs all go through fsspec."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from assets.ingestion.packages import package_footage
from models.files import atomic_path, sha256_json

UNSTATED = "unstated (user-supplied)"
_FOLDER_SIDECAR = "footage.yaml"
_log = logging.getLogger(__name__)
_Stated = Callable[[str], Mapping[str, Any]]


class SourceMissing(ValueError):
    """A footage source that does not exist or holds no file."""


@dataclass(frozen=True)
class Source:
    """One file to take in.

    Attributes:
        uri: Where it is: a local path or an fsspec URI.
        name: What to call it: the path below its folder.
        stamp: Changes when the content does: time of change, etag or checksum, as far as its store tells.
    """

    uri: str
    name: str
    licence: str
    attribution: str | None
    origin: str
    bytes: int
    stamp: str

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)


def discover(sources: Sequence[str]) -> list[Source]:
    """Every file of the sources, by name; the packages' footage when there is no source.

    Raises:
        SourceMissing: A source does not exist, or holds no file.
    """
    if not sources:
        found = [
            Source(
                str(item.path), item.path.name, item.licence, item.attribution, item.origin, *_local_stamp(item.path)
            )
            for item in package_footage()
        ]
        if not found:
            raise SourceMissing("none of the footage packages is installed: run `make setup`, or name a folder")
        return found
    return [source for uri in sources for source in _walk(uri)]


def fetch(source: Source, cache: Path) -> Path:
    """The source as a local file, copied into ``cache`` when it is remote."""
    fs, path = _opened(source.uri)
    if _is_local(fs):
        return Path(path)
    copy = cache / f"{sha256_json([source.uri, source.stamp])[:24]}{PurePosixPath(path).suffix}"
    if not copy.exists():
        with atomic_path(copy) as temporary:
            fs.get_file(path, str(temporary))
    return copy


def _walk(uri: str) -> Iterator[Source]:
    fs, root = _opened(uri)
    if not fs.exists(root):
        raise SourceMissing(f"footage source {uri} does not exist")
    files: dict[str, Any] = fs.find(root, detail=True)
    base = root if fs.isdir(root) else str(PurePosixPath(root).parent)
    names = {path: str(PurePosixPath(path).relative_to(base)) for path in files}
    visible = sorted(path for path, name in names.items() if not any(p.startswith(".") for p in name.split("/")))
    taken = [path for path in visible if not _is_sidecar(path, files)]
    if not taken:
        raise SourceMissing(f"footage source {uri} holds no file")
    stated = cache(partial(_statement, fs))
    for path in taken:
        info = files[path]
        if not _is_text(path):
            _log.warning("%a: its name is not UTF-8: left out, rename it", path)
            continue
        if info.get("type") not in {"file", "link"}:
            _log.warning("%s is not a regular file: left out", path)
            continue
        rights = _rights(path, base, stated)
        yield Source(
            uri=path if _is_local(fs) else fs.unstrip_protocol(path),
            name=names[path],
            licence=rights.get("licence", UNSTATED),
            attribution=rights.get("attribution"),
            origin=uri if _is_local(fs) else fs.unstrip_protocol(root),
            bytes=int(info.get("size") or 0),
            stamp=str(next((info[k] for k in ("ETag", "etag", "md5", "mtime", "created") if info.get(k)), "")),
        )


def _opened(uri: str) -> tuple[Any, str]:
    """The file system of a URI, and the path in it."""
    from fsspec.core import url_to_fs  # 0.3 s, which every process of the graph would pay

    fs, path = url_to_fs(uri)
    return fs, str(path)


def _is_sidecar(path: str, files: Mapping[str, Any]) -> bool:
    name = PurePosixPath(path).name
    return name == _FOLDER_SIDECAR or (name.endswith(".json") and path.removesuffix(".json") in files)


def _rights(path: str, base: str, stated: _Stated) -> dict[str, str]:
    """``licence`` and ``attribution``, each from the nearest that states it.

    Nearest is ``<file>.json`` beside the file, then the ``footage.yaml`` of each folder up to the source's root.
    """
    found: dict[str, str] = {}
    for sidecar in _sidecars(path, base):
        said = stated(sidecar)
        for field, value in (
            ("licence", said.get("licence") or said.get("license")),
            ("attribution", said.get("attribution")),
        ):
            if value:
                found.setdefault(field, str(value))
    return found


def _sidecars(path: str, base: str) -> Iterator[str]:
    """What may speak of a file, the nearest first."""
    yield f"{path}.json"
    for folder in PurePosixPath(path).parents:
        yield str(folder / _FOLDER_SIDECAR)
        if str(folder) == base.rstrip("/"):
            return


def _statement(fs: Any, path: str) -> Mapping[str, Any]:
    """What a sidecar says; nothing where it is missing or cannot be read."""
    try:
        if not fs.isfile(path):
            return {}
        text = fs.cat_file(path).decode("utf-8-sig", errors="replace")
        stated = json.loads(text) if path.endswith(".json") else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        _log.warning("%s cannot be read (%s): it says nothing of licences", path, error)
        return {}
    return stated if isinstance(stated, dict) else {}


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_local(fs: Any) -> bool:
    protocols = fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)
    return "file" in protocols


def _local_stamp(path: Path) -> tuple[int, str]:
    stat = path.stat()
    return stat.st_size, str(stat.st_mtime_ns)
