"""Tables of the catalog, as SQLAlchemy 2.0 classes. Times are UTC; ids of content are SHA-256."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def _now() -> datetime:
    return datetime.now(UTC)


class UtcTime(TypeDecorator[datetime]):
    """A point in time. SQLite keeps no zone, so the zone is dropped on the way in and is UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC. Raises ValueError for a time without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value} has no zone: use datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """As UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The catalog's tables."""

    type_annotation_map = {datetime: UtcTime}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Footage(Base):
    """A source file: probed and usable, or quarantined with a reason."""

    __tablename__ = "footage"

    id: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    path: Mapped[str]
    name: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    licence: Mapped[str]
    attribution: Mapped[str | None]
    origin: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    fps: Mapped[float | None]
    duration: Mapped[float | None]
    frames: Mapped[int | None]
    video_codec: Mapped[str | None]
    audio: Mapped[bool | None]
    created: Mapped[datetime] = mapped_column(default=_now)

    clips: Mapped[list["Clip"]] = relationship(back_populates="footage", order_by="Clip.start")


class Clip(Base):
    """A span of one shot of a source file, in seconds of its presentation time."""

    __tablename__ = "clip"

    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("footage.id"), index=True)
    start: Mapped[float]
    end: Mapped[float]
    width: Mapped[int]
    height: Mapped[int]
    fps: Mapped[float]
    kept: Mapped[bool | None]
    caption: Mapped[str | None]
    confidence: Mapped[float | None]
    captioner: Mapped[str | None]
    created: Mapped[datetime] = mapped_column(default=_now)

    footage: Mapped[Footage] = relationship(back_populates="clips")
    decisions: Mapped[list["Decision"]] = relationship(back_populates="clip")


class Embedding(Base):
    """What a clip shows: the text of a vector in the joint space of clips and texts (its signal ``embedding``)."""

    __tablename__ = "embedding"

    clip_id: Mapped[str] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    vector: Mapped[str]

    clip: Mapped[Clip] = relationship()


class Decision(Base):
    """One thing that a policy holds against a clip: a signal that is out of its bounds, or was not measured.

    ``place`` is its place in the policy's order among all that speaks against the clip: number 0 decided.
    """

    __tablename__ = "rejection"

    clip_id: Mapped[str] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    policy: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    signal: Mapped[str] = mapped_column(index=True)
    value: Mapped[float | None]
    threshold: Mapped[float]
    detail: Mapped[str | None]
    created: Mapped[datetime] = mapped_column(default=_now)

    clip: Mapped[Clip] = relationship(back_populates="decisions")


class Dataset(Base):
    """A dataset version: the digest of its manifest, the same in DVC, Dagster and MLflow."""

    __tablename__ = "dataset"

    digest: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int]
    created: Mapped[datetime] = mapped_column(default=_now)


class DatasetClip(Base):
    """That a dataset version holds a footage clip."""

    __tablename__ = "dataset_clip"

    digest: Mapped[str] = mapped_column(ForeignKey("dataset.digest"), primary_key=True)
    clip_id: Mapped[str] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    split: Mapped[str]


class Deliverable(Base):
    """A delivered video file, and all that is needed to name its sources. Versions are recorded, aliases never."""

    __tablename__ = "deliverable"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(index=True)
    variant: Mapped[str]
    prompt: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    model_name: Mapped[str]
    model_version: Mapped[str]
    dataset_digest: Mapped[str]
    run_id: Mapped[str | None]
    path: Mapped[str]
    created: Mapped[datetime] = mapped_column(default=_now)

    rewrite: Mapped["PromptRewrite | None"] = relationship(lazy="joined", cascade="all, delete-orphan")


class PromptRewrite(Base):
    """What the model was given in the place of a delivered file's prompt, where that was rewritten."""

    __tablename__ = "prompt_rewrite"

    sha256: Mapped[str] = mapped_column(ForeignKey("deliverable.sha256"), primary_key=True)
    text: Mapped[str]
    rewriter: Mapped[str]
