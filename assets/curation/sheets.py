"""Contact sheets: clips as people look at them, a first and a middle frame each."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assets.curation.loading import ClipUnreadable, load_clip
from assets.pictures import contact_sheet

_COLUMNS = 4
_MOST = 32
_SIDE = 144
_BLANK = 200  # level of the frames of a clip that cannot be read
_log = logging.getLogger(__name__)


def sheet_of_clips(path: Path, records: Sequence[Mapping[str, Any]], captions: Sequence[str]) -> Path:
    """A PNG of at most 32 clips, evenly chosen. One that cannot be read is grey and says so, and is named in the log.

    Args:
        path: The PNG to write.
        records: ``path``, ``start``, ``end``, ``width`` and ``height`` of each clip.
        captions: What stands below each.
    """
    every = max(1, -(-len(records) // _MOST))
    cells = [_cell(record, caption) for record, caption in list(zip(records, captions, strict=True))[::every]]
    return contact_sheet(path, cells, columns=min(_COLUMNS, max(1, len(cells))), side=_SIDE)


def _cell(record: Mapping[str, Any], caption: str) -> tuple[Any, str]:
    scale = _SIDE / max(record["width"], record["height"])
    height, width = max(1, round(record["height"] * scale)), max(1, round(record["width"] * scale))
    seconds = max(record["end"] - record["start"], 1e-3)
    try:
        return load_clip(record, height, width, 2, 2 / seconds), caption
    except ClipUnreadable as error:
        _log.warning("a clip is left out of a sheet: %s", error)
        return np.full((2, height, width, 3), _BLANK, np.uint8), f"cannot be read: {caption}"
