"""The dataset version: kept and captioned footage clips beside the procedural corpus, with licences and splits."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
_VALIDATION_ONE_IN = 10


def merge(footage: Sequence[Row], curated: Sequence[Row], captions: Sequence[Row], corpus: Sequence[Row]) -> list[Row]:
    """The rows of ``dataset.jsonl``."""
    sources = {row["id"]: row for row in footage}
    captioned = {row["id"]: row for row in captions}
    clips = [_clip(row, sources[row["source"]], captioned[row["id"]]) for row in curated if row["kept"]]
    return [*clips, *corpus]


def _clip(clip: Row, source: Row, caption: Row) -> Row:
    return {
        "id": clip["id"],
        "kind": "footage",
        "split": split_of(source["id"]),
        "source": source["id"],
        "start": clip["start"],
        "end": clip["end"],
        "width": clip["width"],
        "height": clip["height"],
        "fps": clip["fps"],
        "caption": caption["caption"],
        "confidence": caption["confidence"],
        "captioner": caption["captioner"],
        "licence": source["licence"],
        "attribution": source["attribution"],
    }


def split_of(source: str) -> str:
    """``train`` or ``validation``, by source file: clips of one file never stand on both sides."""
    return "validation" if int(source[:8], 16) % _VALIDATION_ONE_IN == 0 else "train"
