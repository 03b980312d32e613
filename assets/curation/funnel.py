"""The funnel: how many clips and seconds each filter leaves, as a table and a picture (Movie Gen, Table 44)."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from assets.curation.filters import filters
from assets.curation.policy import Policy
from models.files import atomic_path, write_text


@dataclass(frozen=True)
class Step:
    """What is left after one filter.

    Attributes:
        filter: Its name.
        rule: In words.
        clips, seconds: What passed this filter and all before it; shares are of the first step.
        unmeasured: Clips that fell here because their signal was not measured.
    """

    filter: str
    rule: str
    clips: int
    clips_share: float
    seconds: float
    seconds_share: float
    unmeasured: int


def retention(curated: Sequence[dict[str, Any]], policy: Policy) -> list[Step]:
    """The steps of a policy over the rows of ``curated.jsonl``."""
    steps = [("all", "every clip of every shot"), *((step.name, step.rule) for step in filters(policy))]
    steps.append(("duplicate", f"no copy of a kept clip (residual > {policy.max_copy_residual:g})"))
    left = list(curated)
    total_clips, total_seconds = max(len(left), 1), sum(_seconds(clip) for clip in left) or 1.0
    found = []
    for name, rule in steps:
        fallen = [clip for clip in left if clip["rejected_by"] and clip["rejected_by"]["signal"] == name]
        gone = {clip["id"] for clip in fallen}
        left = [clip for clip in left if clip["id"] not in gone]
        seconds = sum(_seconds(clip) for clip in left)
        unmeasured = sum(clip["rejected_by"]["value"] is None for clip in fallen)
        shares = (len(left) / total_clips, round(seconds, 3), seconds / total_seconds)
        found.append(Step(name, rule, len(left), *shares, unmeasured))
    return found


def write_table(steps: Sequence[Step], path: Path) -> None:
    """The steps as CSV, a column a field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Step)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(step) for step in steps)
    write_text(path, text.getvalue())


def draw_funnel(steps: Sequence[Step], path: Path) -> None:
    """The steps as a PNG: one bar a filter, its length what is left."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.55 * len(steps) + 1.2), layout="constrained")
    axes = figure.subplots()
    places = range(len(steps))
    axes.barh(places, [step.clips_share * 100 for step in steps], height=0.62, color="#2f6f8f")
    for place, step in zip(places, steps, strict=True):
        inside = step.clips_share > 0.55
        axes.text(
            step.clips_share * 100,
            place,
            f" {_words(step)} ",
            va="center",
            ha="right" if inside else "left",
            color="white" if inside else "black",
            fontsize=9,
        )
    axes.set_yticks(list(places), [f"{step.filter}\n{step.rule}" for step in steps], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="clips left, percent", title="What the filters leave, one after the other")
    axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _words(step: Step) -> str:
    unmeasured = f"; {step.unmeasured} not measured" if step.unmeasured else ""
    shares = f"{step.clips_share:.0%} of clips, {step.seconds_share:.0%} of time{unmeasured}"
    return f"{step.clips} clips, {step.seconds:.1f} s ({shares})"


def _seconds(clip: dict[str, Any]) -> float:
    return float(clip["end"] - clip["start"])
