"""What is heard: the classes of sound events in a set of clips, for the data card."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...], str]


def heard_rows(clips: Sequence[Row]) -> Table:
    """Head, rows and remark of a table: of each class, in how many clips it is heard and for how many seconds.

    Args:
        clips: Rows of ``curated.jsonl``.
    """
    listened = [clip for clip in clips if clip["signals"].get("sounds") is not None]
    seconds: dict[str, list[float]] = {}
    for clip in listened:
        for name, share in clip["signals"]["sounds"].items():
            seconds.setdefault(name, []).append(share * (clip["end"] - clip["start"]))
    ordered = sorted(seconds.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = tuple((name, str(len(some)), f"{sum(some):.1f}") for name, some in ordered)
    silent = len(clips) - len(listened)
    remark = "classes of the sandbox world's sounds: on real footage they say what it sounds like, not what it is"
    if silent:
        remark += f"; not measured on {silent} of {len(clips)} clips"
    return (("class", "clips", "seconds") if rows else ()), rows, remark
