"""The commands ``cinemill curate`` and ``cinemill catalog ...``. Heavy imports live inside the commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from serving.home import Home

catalog = typer.Typer(no_args_is_help=True, help="What came in, and what became of it.")
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)
_POLICIES = "Which clips are good enough: small-corpus, low-resolution, high-resolution or strictest."
_ID = 12  # characters of a clip's id that are shown


class Engine(StrEnum):
    """What runs the stages of curation."""

    embedded = "embedded"
    daft = "daft"
    ray = "ray"


def curate(
    source: Annotated[list[str] | None, typer.Argument(help="Folders, files or URIs; none: the packages'.")] = None,
    policy: Annotated[str, typer.Option(help=_POLICIES)] = "small-corpus",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write.", file_okay=False)] = None,
    engine: Annotated[Engine, typer.Option(help="This process, Daft here, or Daft on Ray.")] = Engine.embedded,
) -> None:
    """Curate footage by a policy: prints the funnel; writes manifests, data card and contact sheets."""
    from assets.curation.policy import policy_named
    from assets.curation.standalone import curate_sources
    from orchestration.tables import stage_progress

    chosen = policy_named(policy)
    home = Home.from_env()
    folder = output or home.root / "curated" / policy
    with stage_progress(_err) as report:
        outcome = curate_sources(source or (), chosen, folder, home, engine=engine.value, progress=report)
    for name, reason in outcome.quarantined:
        _out.print(f"quarantined {name}: {reason}", markup=False)
    table = Table("filter", "rule", "clips left", "share", "seconds left", "fell unmeasured")
    for step in outcome.steps:
        cells = (step.filter, step.rule, str(step.clips), f"{step.clips_share:.1%}", f"{step.seconds:.1f}")
        table.add_row(*map(escape, cells), str(step.unmeasured or ""))
    _out.print(table)
    _out.print(f"data card {outcome.card}", markup=False)


@catalog.command()
def why(
    subject: Annotated[str, typer.Argument(metavar="CLIP|FILE", help="A clip's id or its beginning, or a file.")],
) -> None:
    """Why clips were dropped: every signal that spoke against each, by policy."""
    from assets.curation.filters import Rejection

    with _catalog() as records:
        refused = [row for row in records.footage("quarantined") if subject in {row.name, row.path, row.sha256}]
        for row in refused:
            _out.print(f"{row.name}: quarantined, {row.reason}", markup=False)
        if refused:
            return
        names = {row.id: row.name for row in records.footage()}
        for clip in records.clips_named(subject):
            _out.print(f"clip {clip.id[:_ID]}  {names[clip.source]} {clip.start:.2f} to {clip.end:.2f} s", markup=False)
            against = records.decisions(clip.id)
            for found in against:
                verdict = "dropped" if found.place == 0 else "and    "
                said = Rejection(found.signal, found.value, found.threshold, found.detail).words()
                _out.print(f"  {verdict} by {found.policy}: {said}", markup=False)
            if not against:
                _out.print("  kept" if clip.kept else "  not curated yet")


@catalog.command("list")
def list_clips(
    rejected: Annotated[bool, typer.Option("--rejected", help="Only clips that a policy dropped, with why.")] = False,
    policy: Annotated[str | None, typer.Option(help="Only what this policy dropped.")] = None,
) -> None:
    """Clips, by file and time."""
    from assets.curation.filters import Rejection

    with _catalog() as records:
        names = {row.id: row.name for row in records.footage()}
        reasons: dict[str, list[str]] = {}
        for found in records.decisions():
            if found.place == 0 and policy in {None, found.policy}:
                said = Rejection(found.signal, found.value, found.threshold, found.detail).words()
                reasons.setdefault(found.clip_id, []).append(f"{found.policy}: {said}")
        table = Table("clip", "file", "from", "to", "size", "dropped by")
        for clip in records.clips():
            if clip.id in reasons or not (rejected or policy):
                cells = (clip.id[:_ID], names[clip.source], f"{clip.start:.2f}", f"{clip.end:.2f}")
                reason = "\n".join(reasons.get(clip.id, []))
                table.add_row(*map(escape, cells), f"{clip.width}x{clip.height}", escape(reason))
    _out.print(table)


@catalog.command()
def search(
    text: Annotated[str, typer.Argument(help="What a clip should show, as in 'a red ball falls'.")],
    limit: Annotated[int, typer.Option(help="How many clips at most.", min=1)] = 10,
) -> None:
    """Kept clips nearest to a text in the joint embedding of clips and texts, the nearest first."""
    with _catalog() as records:
        kept = records.embeddings()
        names = {row.id: row.name for row in records.footage()}
    if not kept:
        _err.print("no kept clip has an embedding: `cinemill curate` measures them", markup=False)
        raise typer.Exit(1)
    from assets.curation.search import nearest

    table = Table("clip", "file", "from", "to", "cosine", "caption")
    for place, cosine in nearest(text, [vector for _, vector in kept], limit):
        clip = kept[place][0]
        cells = (clip.id[:_ID], names[clip.source], f"{clip.start:.2f}", f"{clip.end:.2f}", f"{cosine:.2f}")
        table.add_row(*map(escape, cells), escape(clip.caption or ""))
    _out.print(table)


@contextmanager
def _catalog() -> Iterator[Any]:
    from serving.catalog import Catalog

    records = Catalog(Home.from_env().catalog_url)
    try:
        yield records
    finally:
        records.close()
