"""Ingestion: every source becomes one row of the footage manifest, usable or quarantined with a reason."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assets.code_version import code_version
from assets.ingestion.isolation import Isolated, IsolatedFailure
from assets.ingestion.memo import Memo
from assets.ingestion.probe import Probe, Quarantine, probe
from assets.ingestion.sources import Source, fetch
from models.files import sha256_file, sha256_json

PROBE_SECONDS = 120.0
_EMPTY = dict.fromkeys(Probe.__dataclass_fields__)
_Probing = Callable[[Path], Probe | Quarantine]


def ingest(sources: Iterable[Source], cache: Path, memo: Path) -> list[dict[str, Any]]:
    """The rows of ``footage.jsonl``. One bad file never fails the rest, and only new or changed files are opened.

    Args:
        sources: What to take in, in the order in which a first copy is preferred to a later one.
        cache: Where copies of remote files are kept.
        memo: Folder of kept results: digests by a file's place, size and stamp, probes by its digest.
    """
    with Isolated(probe, seconds=PROBE_SECONDS) as isolated:
        return list(_rows(sources, _Examination(cache, memo, isolated)))


class _Examination:
    """What is known of a source, or found out now."""

    def __init__(self, cache: Path, memo: Path, isolated: _Probing) -> None:
        self._cache = cache
        self._digests = Memo(memo, "digest", "1")
        self._probes = Memo(memo, "probe", code_version("assets.ingestion.probe"))
        self._isolated = isolated

    def digest(self, source: Source) -> tuple[Path, str]:
        """Where the source's content is on this machine, and its SHA-256. Raises OSError."""
        place = [source.uri, source.bytes, source.stamp]
        known = self._digests.get(place) if source.stamp else None
        if known and Path(known["path"]).exists():
            return Path(known["path"]), known["sha256"]
        path = fetch(source, self._cache)
        digest = sha256_file(path)
        self._digests.put(place, {"path": str(path), "sha256": digest})
        return path, digest

    def probe(self, path: Path, digest: str) -> Probe | Quarantine:
        """What the file is."""
        known = self._probes.get(digest)
        if known is not None:
            return Quarantine(known["reason"]) if "reason" in known else Probe(**known)
        try:
            found = self._isolated(path)
        except IsolatedFailure as error:
            return Quarantine(f"damaged: {error}")  # not kept: a busy machine may have run out of time
        if isinstance(found, Probe) or not found.reason.startswith("cannot be read"):
            self._probes.put(digest, asdict(found))
        return found


def _rows(sources: Iterable[Source], examination: _Examination) -> Iterator[dict[str, Any]]:
    first: dict[str, str] = {}
    copies: dict[str, int] = {}
    for source in sources:
        path, digest, outcome = _examine(source, examination, first)
        copies[digest] = copies.get(digest, 0) + 1
        usable = isinstance(outcome, Probe)
        if usable:
            first.setdefault(digest, source.name)
        yield {
            # Content names a file; further files of the same content are numbered, so that each has a row.
            "id": digest if copies[digest] == 1 else f"{digest}-{copies[digest]}",
            "sha256": digest,
            "path": str(path),
            "name": source.name,
            "bytes": source.bytes,
            "licence": source.licence,
            "attribution": source.attribution,
            "origin": source.origin,
            "status": "ok" if usable else "quarantined",
            "reason": None if isinstance(outcome, Probe) else outcome.reason,
            **(outcome.as_json() if isinstance(outcome, Probe) else _EMPTY),
        }


def _examine(
    source: Source, examination: _Examination, first: dict[str, str]
) -> tuple[Path | str, str, Probe | Quarantine]:
    try:
        path, digest = examination.digest(source)
        if digest in first:
            return path, digest, Quarantine(f"duplicate of {first[digest]}")
        return path, digest, examination.probe(path, digest)
    except OSError as error:
        # Unreadable content has no digest; the place stands for it.
        return source.uri, sha256_json(source.uri), Quarantine(f"cannot be read: {type(error).__name__}")
