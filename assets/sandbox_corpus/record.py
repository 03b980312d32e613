"""Records: the lines of the corpus manifest, each a clip's specification and what is said of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from assets.manifest import read_manifest
from assets.world.spec import WorldSpec
from models.recipes import Split

Kind = Literal["image", "video", "sound", "personalization", "editing"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LICENCE = "CC0-1.0"
FOOTAGE = "footage"


class NoSuchPart(ValueError):
    """A record was asked for a source or a reference that clips of its kind do not have."""


@dataclass(frozen=True)
class Record:
    """A clip of the corpus under its id. Rendering its specification always gives the same clip.

    Attributes:
        seed: What it was drawn from; no seed belongs to two records.
        caption: What training reads: the short caption, for a share the long one; for an edit its instruction.
        short, long: Both captions of what ``spec`` shows.
        spec: The clip.
        before: For an edit, the scene that the instruction changes into ``spec``.
        reference: For personalization, another scene with the same person.
    """

    id: str
    kind: Kind
    split: Split
    seed: int
    caption: str
    short: str
    long: str
    spec: WorldSpec
    before: WorldSpec | None = None
    reference: WorldSpec | None = None

    @property
    def source(self) -> WorldSpec:
        """The scene before the edit. Raises NoSuchPart for a clip that is no edit."""
        if self.before is None:
            raise NoSuchPart(f"{self.id} has no source: only editing clips do")
        return self.before

    @property
    def other(self) -> WorldSpec:
        """The other scene of the same person. Raises NoSuchPart for a clip that is not of personalization."""
        if self.reference is None:
            raise NoSuchPart(f"{self.id} has no reference: only personalization clips do")
        return self.reference

    def row(self) -> dict[str, Any]:
        """The record as the manifest holds it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "split": self.split,
            "seed": self.seed,
            "caption": self.caption,
            "short": self.short,
            "long": self.long,
            "licence": LICENCE,
            "spec": self.spec.as_json(),
            "before": self.before.as_json() if self.before else None,
            "reference": self.reference.as_json() if self.reference else None,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Record":
        """The record of a manifest row."""
        return cls(
            **{name: row[name] for name in ("id", "kind", "split", "seed", "caption", "short", "long")},
            spec=WorldSpec.from_json(row["spec"]),
            before=WorldSpec.from_json(row["before"]) if row["before"] else None,
            reference=WorldSpec.from_json(row["reference"]) if row["reference"] else None,
        )


def read_corpus(path: Path) -> list[Record]:
    """The records of a corpus manifest, or of a dataset manifest, whose footage is left out."""
    return corpus_records(read_manifest(path))


def corpus_records(rows: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The records among the rows of a dataset manifest."""
    return [Record.from_row(row) for row in rows if row["kind"] != FOOTAGE]
