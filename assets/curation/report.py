"""What people look at of a curated set: the funnel and the contact sheets."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assets.curation.filters import Rejection
from assets.curation.funnel import Step, draw_funnel, write_table
from assets.curation.sheets import sheet_of_clips

Row = dict[str, Any]
PICTURES = ("retention.png", "kept.png", "rejected.png")


def write_report(folder: Path, curated: Sequence[Row], steps: Sequence[Step], paths: Mapping[str, str]) -> list[Path]:
    """``retention.csv`` and ``PICTURES``, but for sheets that would show no clip.

    Args:
        folder: Where they go.
        curated: Rows of ``curated.jsonl``.
        steps: Of the funnel.
        paths: Where each source file is, by its id.
    """
    write_table(steps, folder / "retention.csv")
    funnel, *sheets = (folder / name for name in PICTURES)
    pictures = [funnel]
    draw_funnel(steps, funnel)
    readable = [row | {"path": paths[row["source"]]} for row in curated if not row["error"]]
    for sheet, kept in zip(sheets, (True, False), strict=True):
        shown = [row for row in readable if row["kept"] is kept]
        if shown:
            pictures.append(sheet_of_clips(sheet, shown, [_about(row) for row in shown]))
    return pictures


def _about(row: Row) -> str:
    if row["rejected_by"]:
        return Rejection(**row["rejected_by"]).words()
    signals = row["signals"]
    return f"{row['end'] - row['start']:.1f} s, motion {signals['motion']:.1f}, sharpness {signals['sharpness']:.1f}"
