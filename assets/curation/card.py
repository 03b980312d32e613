"""The data card: what a curated set is made of, under which licences, and what was left out and why."""

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assets.curation.buckets import ASPECTS
from assets.curation.captioner import CAMERA_CONFIDENCE
from assets.curation.filters import Rejection
from assets.curation.funnel import Step
from assets.curation.heard import heard_rows
from assets.curation.merge import missing_splits
from assets.curation.policy import Policy
from models.files import write_text

Row = dict[str, Any]
_EXAMPLES = 5
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c}"
    "table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.25rem .75rem;text-align:left}"
    "img{max-width:100%}"
)
_CLUSTERS = 20
_JUDGE = "the judge was taught on scenes of the sandbox world; what it says of other footage is a guess"


@dataclass(frozen=True)
class Section:
    """A part of the card: a heading, a table, a remark below, pictures beside the card by file name."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    remark: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Curated:
    """What a card is made from: rows of the manifests, the policy, and the steps of its funnel."""

    policy: Policy
    footage: Sequence[Row]
    curated: Sequence[Row]
    dataset: Sequence[Row]
    steps: Sequence[Step]


def write_card(folder: Path, made: Curated, pictures: Sequence[Path] = ()) -> tuple[Path, Path]:
    """``card.md`` and ``card.html`` in a folder, with the pictures that lie there too."""
    sections = list(_sections(made, [picture.name for picture in pictures]))
    title = f"Data card: policy {made.policy.name}"
    paths = folder / "card.md", folder / "card.html"
    write_text(paths[0], as_markdown(title, sections))
    write_text(paths[1], as_html(title, sections))
    return paths


def as_markdown(title: str, sections: Iterable[Section]) -> str:
    """The card as Markdown."""
    lines = [f"# {title}", ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        if section.head:
            cells = [section.head, tuple("---" for _ in section.head), *section.rows]
            lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells] + [""]
        lines += [section.remark, ""] if section.remark else []
        lines += [f"![{picture}]({picture})\n" for picture in section.pictures]
    return "\n".join(lines).rstrip() + "\n"


def as_html(title: str, sections: Iterable[Section]) -> str:
    """The card as one HTML page that loads nothing but its pictures."""
    name = html.escape(title)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{name}</title><style>{_STYLE}</style></head><body><h1>{name}</h1>",
    ]
    for section in sections:
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        if section.head:
            parts.append(f"<table><tr>{_cells('th', section.head)}</tr>")
            parts += [f"<tr>{_cells('td', row)}</tr>" for row in section.rows]
            parts.append("</table>")
        parts.append(f"<p>{html.escape(section.remark)}</p>" if section.remark else "")
        parts += [f'<img alt="{html.escape(name)}" src="{html.escape(name)}">' for name in section.pictures]
    return "\n".join(part for part in [*parts, "</body></html>"] if part) + "\n"


def _cells(tag: str, cells: Iterable[str]) -> str:
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)


def _sections(made: Curated, pictures: Sequence[str]) -> Iterator[Section]:
    kept = [row for row in made.curated if row["kept"]]
    clips = [row for row in made.dataset if row["kind"] == "footage"]
    yield _overview(made, kept)
    rows = tuple(
        (step.filter, step.rule, str(step.clips), f"{step.clips_share:.1%}", f"{step.seconds:.1f}", _count(step))
        for step in made.steps
    )
    head = ("filter", "rule", "clips left", "share", "seconds left", "fell unmeasured")
    yield Section("Retention", head, rows, pictures=tuple(name for name in pictures if name == "retention.png"))
    yield _licences(made.footage, kept)
    yield _spread("Durations", "seconds", [row["end"] - row["start"] for row in clips], (0, 1, 2, 4, 8, 12, 16.001))
    yield _aspects(clips)
    words = [len(row["caption"].split()) for row in clips]
    yield _spread("Caption lengths", "words", words, (0, 8, 16, 32, 64, 128, 1000))
    yield _concepts(clips)
    yield _cameras(kept)
    yield Section("Sounds", *heard_rows(kept))
    yield _rejections(made)
    shown = tuple(name for name in pictures if name != "retention.png")
    if shown:
        yield Section("Contact sheets", pictures=shown)


def _overview(made: Curated, kept: Sequence[Row]) -> Section:
    usable = [row for row in made.footage if row["status"] == "ok"]
    seconds = sum(row["end"] - row["start"] for row in kept)
    splits = Counter(row["split"] for row in made.dataset if row["kind"] == "footage")
    rows = (
        ("files", f"{len(usable)} usable, {len(made.footage) - len(usable)} quarantined"),
        ("clips", f"{len(kept)} kept of {len(made.curated)}"),
        ("seconds kept", f"{seconds:.1f}"),
        ("clips by split", ", ".join(f"{count} {split}" for split, count in sorted(splits.items())) or "none"),
        ("sampling", made.policy.sampling),
    )
    missing = missing_splits(made.dataset)
    return Section("What it is", ("", ""), rows, f"no clip is for {missing[0]}: it takes more films" if missing else "")


def _licences(footage: Sequence[Row], kept: Sequence[Row]) -> Section:
    sources = {row["id"]: row for row in footage}
    found: dict[tuple[str, str, str], list[Row]] = {}
    for clip in kept:
        row = sources[clip["source"]]
        found.setdefault((row["licence"], row["attribution"] or "", row["origin"]), []).append(clip)
    rows = tuple(
        (*key, str(len(clips)), f"{sum(clip['end'] - clip['start'] for clip in clips):.1f}")
        for key, clips in sorted(found.items())
    )
    return Section("Licences of the kept clips", ("licence", "attribution", "origin", "clips", "seconds"), rows)


def _spread(title: str, unit: str, values: Sequence[float], bounds: Sequence[float]) -> Section:
    if not values:
        return Section(title, remark="no clip was kept")
    counts = np.histogram(values, bounds)[0]
    rows = tuple(
        (f"{low:g} to {high:.4g}", str(count), f"{count / len(values):.0%}")
        for low, high, count in zip(bounds, bounds[1:], counts.tolist(), strict=False)
        if count
    )
    remark = f"mean {np.mean(values):.1f}, median {np.median(values):.1f} {unit}"
    return Section(title, (unit, "clips", "share"), rows, remark)


def _aspects(clips: Sequence[Row]) -> Section:
    buckets = [row["bucket"] for row in clips]
    counts = Counter((b["aspect"], f"{b['frames']} frames") if b else ("", "none: shorter than 4 s") for b in buckets)
    order = [*ASPECTS, ""]
    rows = tuple(
        (aspect, length, str(count))
        for (aspect, length), count in sorted(counts.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    )
    wide = sum(row["width"] > row["height"] for row in clips)
    return Section("Buckets", ("aspect ratio", "length", "clips"), rows, f"{wide} of {len(clips)} clips are landscape")


def _concepts(clips: Sequence[Row]) -> Section:
    found: dict[tuple[str, int], list[Row]] = {}
    for row in clips:
        found.setdefault((row["split"], row["cluster"]), []).append(row)
    largest = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    totals = Counter(row["split"] for row in clips)
    weight = {split: sum(row["weight"] for row in clips if row["split"] == split) for split in totals}
    rows = tuple(
        (
            f"{split} {number}",
            str(len(rows)),
            f"{len(rows) / totals[split]:.0%}",
            f"{sum(row['weight'] for row in rows) / weight[split]:.0%}",
            min(rows, key=lambda row: str(row["id"]))["caption"],
        )
        for (split, number), rows in largest[:_CLUSTERS]
    )
    remark = f"the {_CLUSTERS} largest of {len(found)} clusters" if len(found) > _CLUSTERS else ""
    head = ("cluster", "clips", "share of the clips", "share of the sampling", "one of its captions")
    return Section("Concepts", head, rows, remark)


def _cameras(kept: Sequence[Row]) -> Section:
    seen = [row["signals"]["camera"] for row in kept if row["signals"].get("camera")]
    counts = Counter(camera["class"] for camera in seen)
    sure = Counter(camera["class"] for camera in seen if camera["confidence"] >= CAMERA_CONFIDENCE)
    rows = tuple(
        (name, str(count), f"{count / len(seen):.0%}", str(sure[name])) for name, count in counts.most_common()
    )
    missing = len(kept) - len(seen)
    remark = _JUDGE + (f"; not measured on {missing} clips" if missing else "")
    return Section("Camera", ("class", "clips", "share", "sure enough to be said") if rows else (), rows, remark)


def _rejections(made: Curated) -> Section:
    """Five rejected clips: of each deciding signal one, then more."""
    names = {row["id"]: row["name"] for row in made.footage}
    rejected = [row for row in made.curated if not row["kept"]]
    counts: Counter[str] = Counter()
    ordered = []
    for row in rejected:
        signal = row["rejected_by"]["signal"]
        ordered.append((counts[signal], signal, row))
        counts[signal] += 1
    chosen = sorted(ordered, key=lambda item: item[:2])[:_EXAMPLES]
    rows = tuple(
        (
            row["id"][:12],
            f"{names[row['source']]} {row['start']:.1f} to {row['end']:.1f} s",
            Rejection(**row["rejected_by"]).words(),
            "; ".join(Rejection(**also).words() for also in row["rejections"][1:]),
        )
        for _, _, row in chosen
    )
    return Section("Some rejections", ("clip", "where", "why", "what else spoke against it"), rows)


def _count(step: Step) -> str:
    return str(step.unmeasured) if step.unmeasured else ""
