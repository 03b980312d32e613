"""Ingestion: every source becomes one row of the footage manifest, usable or quarantined with a reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assets.code_version import code_version
from assets.ingestion.isolation import Isolated, IsolatedFailure
from assets.ingestion.memo import Memo
from assets.ingestion.probe import Probe, Quarantine, probe
from assets.ingestion.sources import UNSTATED, Source, fetch
from models.files import sha256_file, sha256_json

PROBE_SECONDS = 120.0
_UNREAD = "cannot be read"  # begins the reasons that may not hold the next time: they are not kept
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


def unsettled(row: Mapping[str, Any]) -> bool:
    """Whether a row of ``footage.jsonl`` is quarantined for what may have been the machine's fault, not the file's."""
    return bool(row["status"] != "ok" and row["reason"].startswith(_UNREAD))


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
            return Quarantine(f"{_UNREAD}: {error}")  # a busy machine may have run out of time
        if isinstance(found, Probe) or not found.reason.startswith(_UNREAD):
            self._probes.put(digest, asdict(found))
        return found


def _rows(sources: Iterable[Source], examination: _Examination) -> Iterator[dict[str, Any]]:
    located = [_locate(source, examination) for source in sources]
    copies: dict[str, list[Source]] = {}
    for one in located:
        copies.setdefault(one.digest, []).append(one.source)
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for one in located:
        rights = _Rights.of(copies[one.digest])
        outcome = one.unopened or rights.disagreement or _examine(one, examination, first)
        count[one.digest] = count.get(one.digest, 0) + 1
        usable = isinstance(outcome, Probe)
        if usable:
            first.setdefault(one.digest, one.source.name)
        yield {
            # Content names a file; further files of the same content are numbered, so that each has a row.
            "id": one.digest if count[one.digest] == 1 else f"{one.digest}-{count[one.digest]}",
            "sha256": one.digest,
            "path": str(one.path),
            "name": one.source.name,
            "bytes": one.source.bytes,
            "licence": rights.licence if usable else one.source.licence,
            "attribution": rights.attribution if usable else one.source.attribution,
            "origin": one.source.origin,
            "status": "ok" if usable else "quarantined",
            "reason": None if isinstance(outcome, Probe) else outcome.reason,
            **(outcome.as_json() if isinstance(outcome, Probe) else _EMPTY),
        }


@dataclass(frozen=True)
class _Located:
    """A source, where its content is on this machine, and its digest."""

    source: Source
    path: Path | str
    digest: str
    unopened: Quarantine | None = None


@dataclass(frozen=True)
class _Rights:
    """What all copies of one content state together: a copy that states nothing takes what another states.

    Whoever one of them credits is credited.
    """

    licence: str
    attribution: str | None
    disagreement: Quarantine | None

    @classmethod
    def of(cls, copies: Sequence[Source]) -> "_Rights":
        licences = {copy.licence: copy for copy in copies if copy.licence != UNSTATED}
        attributions = dict.fromkeys(copy.attribution for copy in copies if copy.attribution)
        disagreement = None
        if len(licences) > 1:
            said = "; ".join(f"{copy.name} of {copy.origin} says {copy.licence}" for copy in licences.values())
            disagreement = Quarantine(f"licences disagree: {said}: the content is the same, state one")
        return cls(next(iter(licences), UNSTATED), "; ".join(attributions) or None, disagreement)


def _locate(source: Source, examination: _Examination) -> _Located:
    if source.refused:
        return _Located(source, source.uri, sha256_json(source.uri), Quarantine(source.refused))
    try:
        return _Located(source, *examination.digest(source))
    except OSError as error:
        # What is not read has no digest; the place stands for it.
        return _Located(source, source.uri, sha256_json(source.uri), _unread(error))


def _examine(one: _Located, examination: _Examination, first: Mapping[str, str]) -> Probe | Quarantine:
    if one.digest in first:
        return Quarantine(f"duplicate of {first[one.digest]}")
    try:
        return examination.probe(Path(one.path), one.digest)
    except OSError as error:
        return _unread(error)


def _unread(error: OSError) -> Quarantine:
    return Quarantine(f"{_UNREAD}: {type(error).__name__}")
