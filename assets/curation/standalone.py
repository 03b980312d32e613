"""Curation outside the graph: sources and a policy in; manifests, card, funnel and contact sheets out."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.curation.captioning import captions_of, configured
from assets.curation.card import Curated, write_card
from assets.curation.engine.run import clips_of
from assets.curation.filters import curate
from assets.curation.funnel import Step, retention
from assets.curation.merge import merge, missing_splits
from assets.curation.policy import Policy
from assets.curation.report import write_report
from assets.curation.stages import stages
from assets.ingestion.ingest import ingest
from assets.ingestion.sources import discover
from assets.manifest import write_manifest
from serving.catalog import Catalog
from serving.home import Home

_log = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        steps: Of the funnel.
        quarantined: Files that are not usable, with the reason.
        card: The data card, Markdown.
    """

    steps: list[Step]
    quarantined: list[tuple[str, str]]
    card: Path


def curate_sources(
    sources: Sequence[str], policy: Policy, folder: Path, home: Home, *, engine: str, progress: Progress
) -> Outcome:
    """Ingest, cut, measure, filter and caption what the sources hold; what was done before is not done again.

    Args:
        sources: Folders, files or URIs; the packages' footage when empty.
        policy: Which clips are good enough.
        folder: Where manifests, ``card.md``, ``card.html`` and pictures go.
        home: Whose memory and catalog are used.
        engine: ``embedded``, ``daft`` or ``ray``.
        progress: Told stage, steps done, and of how many.

    Raises:
        assets.ingestion.sources.SourceMissing: A source does not exist, or holds no file.
        serving.openai_endpoint.EndpointUnavailable: A captioning model is configured and cannot be asked.
    """
    found = discover(sources)
    progress("ingest", 0, len(found))
    footage = ingest(found, home.root / "sources", home.memo)
    progress("ingest", len(found), len(found))
    clips = clips_of(
        footage, stages(), home.memo, engine=engine, progress=lambda done, total: progress("measure", done, total)
    )
    curated = curate(clips, policy)
    captions = captions_of(curated, footage, configured(), home.memo)
    dataset = merge(footage, curated, captions, [], policy)
    for split in missing_splits(dataset):
        _log.warning("no clip is for %s: it takes more films", split)
    manifests = {"footage": footage, "clips": clips, "curated": curated, "captions": captions, "dataset": dataset}
    for name, rows in manifests.items():
        write_manifest(folder / f"{name}.jsonl", rows)
    _record(home, policy, manifests)
    steps = retention(curated, policy)
    progress("report", 0, 1)
    pictures = write_report(folder, curated, steps, {row["id"]: row["path"] for row in footage})
    card, _ = write_card(folder, Curated(policy, footage, curated, dataset, steps), pictures)
    progress("report", 1, 1)
    refused = [(row["name"], row["reason"]) for row in footage if row["status"] != "ok"]
    return Outcome(steps, refused, card)


def _record(home: Home, policy: Policy, manifests: dict[str, list[dict[str, Any]]]) -> None:
    catalog = Catalog(home.catalog_url)
    try:
        catalog.record_footage(manifests["footage"])
        catalog.record_clips(manifests["clips"])
        catalog.record_curation(policy.name, manifests["curated"])
        catalog.record_captions(manifests["captions"])
    finally:
        catalog.close()
