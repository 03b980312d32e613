"""The corpus manifest: one line a clip specification, sorted by id."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.corpus.draw import draw
from assets.corpus.scene import ClipSpec, Kind
from assets.manifest import read_manifest
from models.recipes import CorpusSize, Split

LICENCE = "CC0-1.0"
FOOTAGE = "footage"
_SPLITS: tuple[Split, ...] = ("train", "validation")


@dataclass(frozen=True)
class Record:
    """A row of ``corpus.jsonl``: a clip specification under its id."""

    id: str
    spec: ClipSpec

    def row(self) -> dict[str, Any]:
        """The record as the manifest holds it."""
        spec = self.spec
        return {
            "id": self.id,
            "kind": spec.kind,
            "split": spec.split,
            "seed": spec.seed,
            "caption": spec.caption,
            "licence": LICENCE,
            "spec": spec.as_json(),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Record":
        """The record of a manifest row."""
        return cls(row["id"], ClipSpec.from_json(row["spec"]))


def records(size: CorpusSize) -> Iterator[Record]:
    """Every record of a corpus of the given size, in order of id."""
    counts: dict[Kind, int] = {
        "editing": size.pairs,
        "image": size.images,
        "personalization": size.pairs,
        "sound": size.sounds,
        "video": size.videos,
    }
    for kind, train in counts.items():
        for split in _SPLITS:
            for index in range(train if split == "train" else size.validation):
                yield Record(f"{kind}-{split}-{index:06d}", draw(kind, split, index))


def read_corpus(path: Path) -> list[Record]:
    """The records of a corpus manifest, or of a dataset manifest, whose footage is left out."""
    return corpus_records(read_manifest(path))


def corpus_records(rows: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The records among the rows of a dataset manifest."""
    return [Record.from_row(row) for row in rows if row["kind"] != FOOTAGE]
