"""Sources: which files to take in, and under what licence. Folders, files and URIs all go through fsspec."""

import json
import os
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
_SHOWN = 3  # files that an error names
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
        refused: Why it is not to be opened, and what to do; ``None`` for what can be taken in.
    """

    uri: str
    name: str
    licence: str
    attribution: str | None
    origin: str
    bytes: int
    stamp: str
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)


def discover(sources: Sequence[str]) -> list[Source]:
    """Every file of the sources, by name; the packages' footage when there is no source.

    Links to files are followed, links to folders are not: they and what else is no file are there as ``refused``.

    Raises:
        SourceMissing: A source does not exist, or holds no file that can be taken in.
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


def _walk(uri: str) -> list[Source]:
    fs, root = _opened(uri)
    if not fs.exists(root):
        raise SourceMissing(f"footage source {uri} does not exist")
    files: dict[str, Any] = fs.find(root, detail=True)
    base = root if fs.isdir(root) else str(PurePosixPath(root).parent)
    names = {path: str(PurePosixPath(path).relative_to(base)) for path in files}
    visible = sorted(path for path, name in names.items() if not any(p.startswith(".") for p in name.split("/")))
    taken = [path for path in visible if not _is_sidecar(path, files)]
    origin = uri if _is_local(fs) else fs.unstrip_protocol(root)
    stated = cache(partial(_statement, fs))
    found = [_source(fs, path, files[path], names[path], origin, _rights(path, base, stated)) for path in taken]
    if all(source.refused for source in found):
        why = "".join(f"; {source.name}: {source.refused}" for source in found[:_SHOWN])
        raise SourceMissing(f"footage source {uri} holds no file{why}")
    return found


def _source(fs: Any, path: str, info: Mapping[str, Any], name: str, origin: str, rights: Mapping[str, str]) -> Source:
    info, refused = _followed(fs, path, info)
    return Source(
        uri=_text(path if _is_local(fs) else fs.unstrip_protocol(path)),
        name=_text(name),
        licence=rights.get("licence", UNSTATED),
        attribution=rights.get("attribution"),
        origin=origin,
        bytes=int(info.get("size") or 0),
        stamp=str(next((info[k] for k in ("ETag", "etag", "md5", "mtime", "created") if info.get(k)), "")),
        refused=refused or rights.get("refused"),
    )


def _followed(fs: Any, path: str, info: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """What is known of a file, or of the file that a link leads to; nothing, and why, of what is not to be opened."""
    if info.get("islink"):
        try:
            info = fs.info(path)
        except OSError as error:
            return {}, f"a link that leads to no file ({os.strerror(error.errno or 0)}): mend or remove it"
    if _text(path) != path:
        return {}, "its name is not UTF-8: rename it"
    if not _is_local(fs) and "::" in path:
        return {}, "its name holds '::', which stands for a chain of places: rename it"
    if info.get("type") == "directory":
        return {}, "a link to a folder: name that folder as a source"
    if info.get("type") not in {"file", "link"}:
        return {}, "not a regular file"
    return info, None


def _opened(uri: str) -> tuple[Any, str]:
    """The file system of a URI, and the path in it. What has no protocol is a local path, whatever it is called."""
    from fsspec.core import url_to_fs  # 0.3 s, which every process of the graph would pay
    from fsspec.implementations.local import LocalFileSystem, make_path_posix

    if "://" not in uri:
        return LocalFileSystem(), str(PurePosixPath(make_path_posix(uri)))
    fs, path = url_to_fs(uri)
    return fs, str(path)


def _is_sidecar(path: str, files: Mapping[str, Any]) -> bool:
    name = PurePosixPath(path).name
    return name == _FOLDER_SIDECAR or (name.endswith(".json") and path.removesuffix(".json") in files)


def _rights(path: str, base: str, stated: _Stated) -> dict[str, str]:
    """``licence`` and ``attribution``, each from the nearest that states it; ``refused``, why they are not known.

    Nearest is ``<file>.json`` beside the file, then the ``footage.yaml`` of each folder up to the source's root.
    """
    found: dict[str, str] = {}
    for sidecar in _sidecars(path, base):
        said = stated(sidecar)
        if "refused" in said:
            return {"refused": said["refused"]}
        for field, value in (
            ("licence", said.get("licence") or said.get("license")),
            ("attribution", said.get("attribution")),
        ):
            if value:
                found.setdefault(field, str(value))
        if {"licence", "attribution"} <= found.keys():
            break  # what lies further away has no say
    return found


def _sidecars(path: str, base: str) -> Iterator[str]:
    """What may speak of a file, the nearest first."""
    yield f"{path}.json"
    for folder in PurePosixPath(path).parents:
        yield str(folder / _FOLDER_SIDECAR)
        if str(folder) == base.rstrip("/"):
            return


def _statement(fs: Any, path: str) -> Mapping[str, Any]:
    """What a sidecar says, nothing where there is none; ``refused``, why it cannot be told."""
    try:
        if not fs.isfile(path):
            return {}
        text = fs.cat_file(path).decode("utf-8-sig", errors="replace")
        stated = json.loads(text) if path.endswith(".json") else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        return {"refused": f"its rights cannot be read: {PurePosixPath(path).name}: {what}: mend or remove that"}
    if not isinstance(stated, dict):
        return {}
    return {field: stated[field] for field in ("licence", "license", "attribution") if field in stated}


def _text(name: str) -> str:
    """A name as text that can be written: bytes that are not UTF-8 are escaped."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_local(fs: Any) -> bool:
    protocols = fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)
    return "file" in protocols


def _local_stamp(path: Path) -> tuple[int, str]:
    stat = path.stat()
    return stat.st_size, str(stat.st_mtime_ns)
