"""The funnel: how many clips and seconds each filter leaves, as a table and a picture (Movie Gen, Table 44)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from assets.curation.filters import filters
from assets.curation.policy import Policy
from models.files import atomic_path


def retention_table(curated: Sequence[dict[str, Any]], policy: Policy) -> pd.DataFrame:
    """Clips and seconds left after each filter. Columns: filter, rule, clips, clips_share, seconds, seconds_share."""
    steps = [("all", "every clip of every shot"), *((step.name, step.rule) for step in filters(policy))]
    steps.append(("duplicate", f"differs from kept clips by more than {policy.max_copy_distance:g} of 64 bits"))
    left = list(curated)
    total_clips, total_seconds = max(len(left), 1), sum(_seconds(clip) for clip in left) or 1.0
    rows = []
    for name, rule in steps:
        left = [clip for clip in left if not clip["rejected_by"] or clip["rejected_by"]["signal"] != name]
        seconds = sum(_seconds(clip) for clip in left)
        rows.append((name, rule, len(left), len(left) / total_clips, round(seconds, 3), seconds / total_seconds))
    return pd.DataFrame(rows, columns=["filter", "rule", "clips", "clips_share", "seconds", "seconds_share"])


def draw_funnel(table: pd.DataFrame, path: Path) -> None:
    """The table as a PNG: one bar a filter, its length what is left."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.55 * len(table) + 1.2), layout="constrained")
    axes = figure.subplots()
    places = range(len(table))
    axes.barh(places, table["clips_share"] * 100, height=0.62, color="#2f6f8f")
    for place, row in zip(places, table.itertuples(), strict=True):
        text = (
            f" {row.clips} clips, {row.seconds:.1f} s ({row.clips_share:.0%} of clips, {row.seconds_share:.0%} of time)"
        )
        inside = row.clips_share > 0.55
        axes.text(
            row.clips_share * 100,
            place,
            text + " " if inside else text,
            va="center",
            ha="right" if inside else "left",
            color="white" if inside else "black",
            fontsize=9,
        )
    axes.set_yticks(list(places), [f"{row.filter}\n{row.rule}" for row in table.itertuples()], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="clips left, percent", title="What the filters leave, one after the other")
    axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _seconds(clip: dict[str, Any]) -> float:
    return float(clip["end"] - clip["start"])
