"""The catalog: what came in, what became of it, and what was delivered, in one SQL database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, make_url, or_, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from serving.catalog.tables import Base, Clip, Dataset, DatasetClip, Decision, Deliverable, Embedding, Footage
from serving.errors import ServingError

_BUSY_MILLISECONDS = 30_000
_SHORTEST_ID = 4  # characters that may stand for a clip
_WRITING = "cinemill_writing"

Row = Mapping[str, Any]


class CatalogUnavailable(ServingError):
    """The catalog's database cannot be opened or written."""


class UnknownDeliverable(LookupError):
    """A digest that no delivered file has."""


class UnknownClip(LookupError):
    """A name that no clip and no file with clips has."""


@dataclass(frozen=True)
class Lineage:
    """A deliverable, the clips of the dataset version behind its model, and their source files."""

    deliverable: Deliverable
    clips: Sequence[Clip]
    sources: Sequence[Footage]


class Catalog:
    """Records keyed by content id: writing the same rows again changes nothing.

    Args:
        url: SQLAlchemy URL. SQLite is set to write-ahead logging, foreign keys and waiting for other writers.

    Raises:
        CatalogUnavailable: that is no URL, or there is no such database, or no driver for it.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except (SQLAlchemyError, ValueError):
            # Without what was wrong in it: there may be a password.
            raise CatalogUnavailable("CINEMILL_CATALOG_URL is no URL of a database: see SQLAlchemy's") from None
        try:
            self._open(parsed)
        except (SQLAlchemyError, ImportError, OSError) as error:
            raise _unavailable(error) from error

    def _open(self, parsed: URL) -> None:
        if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(parsed)
        if self._engine.dialect.name == "sqlite":
            _tune_sqlite(self._engine)
        with self._write() as session:
            Base.metadata.create_all(session.connection())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def record_footage(self, rows: Iterable[Row]) -> None:
        """Rows of ``footage.jsonl``."""
        self._merge(Footage, rows)

    def record_clips(self, rows: Iterable[Row]) -> None:
        """Rows of ``clips.jsonl``; their sources are recorded already."""
        self._merge(Clip, rows)

    def record_curation(self, policy: str, rows: Iterable[Row]) -> None:
        """Rows of ``curated.jsonl``: each clip's fate, and all that the policy holds against it.

        What the same policy said of these clips before is forgotten.
        """
        with self._write() as session:
            for row in rows:
                session.merge(Clip(**_columns(Clip, row)))
                session.flush()
                if vector := row.get("signals", {}).get("embedding"):
                    session.merge(Embedding(clip_id=row["id"], vector=vector))
                rejections = row["rejections"]
                for place, rejection in enumerate(rejections):
                    session.merge(Decision(clip_id=row["id"], policy=policy, place=place, **rejection))
                earlier = (Decision.clip_id == row["id"], Decision.policy == policy)
                session.execute(delete(Decision).where(*earlier, Decision.place >= len(rejections)))

    def record_captions(self, rows: Iterable[Row]) -> None:
        """Rows of ``captions.jsonl``."""
        with self._write() as session:
            for row in rows:
                clip = session.get_one(Clip, row["id"])
                clip.caption, clip.confidence, clip.captioner = row["caption"], row["confidence"], row["captioner"]

    def record_dataset(self, digest: str, rows: Sequence[Row]) -> None:
        """Rows of ``dataset.jsonl``: the version, and the footage clips that it holds."""
        with self._write() as session:
            session.merge(Dataset(digest=digest, rows=len(rows)))
            session.flush()
            for row in rows:
                if row["kind"] == "footage":
                    session.merge(DatasetClip(digest=digest, clip_id=row["id"], split=row["split"]))

    def record_deliverable(self, deliverable: Deliverable) -> None:
        """A delivered file."""
        with self._write() as session:
            session.merge(deliverable)

    def footage(self, status: str | None = None) -> list[Footage]:
        """Source files by name, all or those of one status (``ok``, ``quarantined``)."""
        query = select(Footage).order_by(Footage.name, Footage.id)
        return self._all(query if status is None else query.where(Footage.status == status))

    def clips(self, source: str | None = None) -> list[Clip]:
        """Clips by source and time."""
        query = select(Clip).order_by(Clip.source, Clip.start)
        return self._all(query if source is None else query.where(Clip.source == source))

    def decisions(self, clip_id: str | None = None) -> list[Decision]:
        """What speaks against clips, of all or of one: by clip and policy, the deciding one first."""
        query = select(Decision).order_by(Decision.clip_id, Decision.policy, Decision.place)
        return self._all(query if clip_id is None else query.where(Decision.clip_id == clip_id))

    def embeddings(self) -> list[tuple[Clip, str]]:
        """Kept clips that have one, with their embeddings, by source and time."""
        query = select(Clip, Embedding.vector).join(Embedding, Embedding.clip_id == Clip.id).where(Clip.kept.is_(True))
        with Session(self._engine, expire_on_commit=False) as session:
            return [(clip, vector) for clip, vector in session.execute(query.order_by(Clip.source, Clip.start))]

    def clips_named(self, subject: str) -> list[Clip]:
        """Clips that a person means: by their id or its beginning, else all clips of a source file.

        Args:
            subject: A clip's id or its first characters; or a file's name, path or SHA-256.

        Raises:
            UnknownClip: Nothing is called so.
        """
        files = select(Footage.id).where(
            or_(Footage.name == subject, Footage.path == subject, Footage.sha256 == subject, Footage.id == subject)
        )
        found = self._all(select(Clip).where(Clip.source.in_(files)).order_by(Clip.source, Clip.start))
        if not found and len(subject) >= _SHORTEST_ID and subject.isalnum():
            found = self._all(select(Clip).where(Clip.id.startswith(subject)).order_by(Clip.source, Clip.start))
        if not found:
            raise UnknownClip(
                f"no clip and no file with clips is called {subject!r}: give a clip's id or its first {_SHORTEST_ID} "
                f"characters, or a file's name, path or SHA-256; `cinemill catalog list` shows them"
            )
        return found

    def dataset_clips(self, digest: str) -> list[Clip]:
        """The footage clips of a dataset version."""
        members = select(DatasetClip.clip_id).where(DatasetClip.digest == digest)
        return self._all(select(Clip).where(Clip.id.in_(members)).order_by(Clip.source, Clip.start))

    def sources_of_dataset(self, digest: str) -> list[Footage]:
        """The source files behind a dataset version, with their licences and attributions."""
        members = select(Clip.source).join(DatasetClip, DatasetClip.clip_id == Clip.id)
        chosen = members.where(DatasetClip.digest == digest)
        return self._all(select(Footage).where(Footage.id.in_(chosen)).order_by(Footage.name))

    def deliverables(self, campaign: str | None = None) -> list[Deliverable]:
        """Delivered files, newest last."""
        query = select(Deliverable).order_by(Deliverable.created, Deliverable.sha256)
        return self._all(query if campaign is None else query.where(Deliverable.campaign == campaign))

    def lineage(self, sha256: str) -> Lineage:
        """The chain from a delivered file back to its sources. Raises UnknownDeliverable."""
        found = self._all(select(Deliverable).where(Deliverable.sha256 == sha256))
        if not found:
            raise UnknownDeliverable(f"no delivered file has SHA-256 {sha256}: was it changed after delivery?")
        digest = found[0].dataset_digest
        return Lineage(found[0], self.dataset_clips(digest), self.sources_of_dataset(digest))

    def _merge(self, table: type[Base], rows: Iterable[Row]) -> None:
        with self._write() as session:
            for row in rows:
                session.merge(table(**_columns(table, row)))

    def _all(self, query: Any) -> list[Any]:
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    @contextmanager
    def _write(self) -> Iterator[Session]:
        writing = self._engine.execution_options(**{_WRITING: True})
        try:
            with Session(writing) as session, session.begin():
                yield session
        except OperationalError as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> CatalogUnavailable:
    return CatalogUnavailable(
        f"the catalog cannot be used: {getattr(error, 'orig', None) or error}; is its database there, and not held by "
        "somebody else? CINEMILL_CATALOG_URL names another one"
    )


def _columns(table: type[Base], row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key in table.__table__.columns}


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not in the driver
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}"):
            connection.execute(f"PRAGMA {pragma}")

    # A transaction that reads first and writes later would fail at once beside another writer, without waiting.
    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
