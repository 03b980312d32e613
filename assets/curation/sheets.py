"""Contact sheets: clips as people look at them, a first and a middle frame each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assets.curation.loading import load_clip
from assets.pictures import contact_sheet

_COLUMNS = 4
_MOST = 32
_SIDE = 144


def sheet_of_clips(path: Path, records: Sequence[Mapping[str, Any]], captions: Sequence[str]) -> Path:
    """A PNG of at most 32 clips, evenly chosen.

    Args:
        path: The PNG to write.
        records: ``path``, ``start``, ``end``, ``width`` and ``height`` of each clip.
        captions: What stands below each.
    """
    every = max(1, -(-len(records) // _MOST))
    cells = [(_frames(record), caption) for record, caption in list(zip(records, captions, strict=True))[::every]]
    return contact_sheet(path, cells, columns=min(_COLUMNS, max(1, len(cells))), side=_SIDE)


def _frames(record: Mapping[str, Any]) -> Any:
    scale = _SIDE / max(record["width"], record["height"])
    height, width = max(1, round(record["height"] * scale)), max(1, round(record["width"] * scale))
    seconds = max(record["end"] - record["start"], 1e-3)
    return load_clip(record, height, width, 2, 2 / seconds)
