"""Ingestion: every source becomes one row of the footage manifest, usable or quarantined with a reason."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from assets.ingestion.isolation import Isolated, IsolatedFailure
from assets.ingestion.probe import Probe, Quarantine, probe
from assets.ingestion.sources import Source, fetch
from models.files import sha256_file, sha256_json

PROBE_SECONDS = 120.0
_EMPTY = dict.fromkeys(Probe.__dataclass_fields__)


def ingest(sources: Iterable[Source], cache: Path) -> list[dict[str, Any]]:
    """The rows of ``footage.jsonl``. One bad file never fails the rest.

    Args:
        sources: What to take in, in the order in which a first copy is preferred to a later one.
        cache: Where copies of remote files are kept.
    """
    with Isolated(probe, seconds=PROBE_SECONDS) as isolated:
        return list(_rows(sources, cache, isolated))


def _rows(
    sources: Iterable[Source], cache: Path, isolated: Callable[[Path], Probe | Quarantine]
) -> Iterator[dict[str, Any]]:
    first: dict[str, str] = {}
    copies: dict[str, int] = {}
    for source in sources:
        path, digest, outcome = _examine(source, cache, isolated, first)
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
    source: Source, cache: Path, isolated: Callable[[Path], Probe | Quarantine], first: dict[str, str]
) -> tuple[Path | str, str, Probe | Quarantine]:
    try:
        path = fetch(source, cache)
        digest = sha256_file(path)
    except OSError as error:
        # Unreadable content has no digest; the place stands for it.

        return source.uri, sha256_json(source.uri), Quarantine(f"cannot be read: {type(error).__name__}")
    if digest in first:
        return path, digest, Quarantine(f"duplicate of {first[digest]}")
    try:
        return path, digest, isolated(path)
    except IsolatedFailure as error:
        return path, digest, Quarantine(f"damaged: {error}")
