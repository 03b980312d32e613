"""The corpus manifest: one JSON line a clip specification, sorted by id."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.corpus.draw import draw
from assets.corpus.scene import ClipSpec, Kind, Split
from models.files import write_text
from models.recipes import CorpusSize

LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Record:
    """A line of ``corpus.jsonl``: a clip specification under its id."""

    id: str
    spec: ClipSpec

    def line(self) -> dict[str, Any]:
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
    def from_line(cls, value: dict[str, Any]) -> "Record":
        """The record of a manifest line."""
        return cls(value["id"], ClipSpec.from_json(value["spec"]))


def records(size: CorpusSize) -> Iterator[Record]:
    """Every record of a corpus of the given size, in order of id."""
    counts: dict[tuple[Kind, Split], int] = {}
    for kind, train in (
        ("editing", size.pairs),
        ("image", size.images),
        ("personalization", size.pairs),
        ("sound", size.sounds),
        ("video", size.videos),
    ):
        counts[kind, "train"] = train  # type: ignore[index]
        counts[kind, "validation"] = size.validation  # type: ignore[index]
    for (kind, split), count in sorted(counts.items()):
        for index in range(count):
            yield Record(f"{kind}-{split}-{index:06d}", draw(kind, split, index))


def write_corpus(path: Path, found: Iterable[Record]) -> None:
    """Write a manifest atomically; equal records give equal bytes."""
    ordered = sorted(found, key=lambda record: record.id)
    write_text(path, "".join(json.dumps(record.line(), sort_keys=True) + "\n" for record in ordered))


def read_corpus(path: Path) -> list[Record]:
    """The records of a manifest, or of a dataset manifest that also holds footage (left out here)."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Record.from_line(value) for value in lines if value["kind"] != "footage"]
