"""Lineage: the chain of a delivered file back to its sources, over the catalog, the registry and the tracked runs."""

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assets.warm_start import learnt_before
from models.files import sha256_file
from orchestration.registry import MlflowRegistry
from orchestration.tracking import MlflowTracker
from serving.catalog import Catalog, Lineage
from serving.home import Home

_PARENT = "parent."


class NoSuchDeliverable(LookupError):
    """Neither a file nor the SHA-256 of one."""


@dataclass(frozen=True)
class Run:
    """One tracked run on the way to a model.

    Attributes:
        run_id: Of MLflow.
        name: The asset (and partition) that it built.
        parents: Names of the inputs that were tracked too, and their run ids.
    """

    run_id: str
    name: str
    parents: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """A file of footage that clips of the training set were cut from."""

    sha256: str
    name: str
    licence: str
    attribution: str | None
    origin: str
    clips: int


@dataclass(frozen=True)
class Chain:
    """Everything behind one delivered file.

    Attributes:
        sha256, path, campaign, variant, prompt, seed: Of the file.
        rewritten_prompt, rewriter: What the model was given in the prompt's place, and what wrote it, if it was
            rewritten.
        model: Name, version and registry tags (git commit, bundle digest, Dagster run).
        runs: Tracked runs behind the model, the nearest first; averaged finetunes are parents of ``averaged_model``.
        averaged: Names of the runs that were averaged.
        dataset_digest: Of the dataset version: DVC's, Dagster's and MLflow's.
        learnt_before: Of those that the weights had learnt which the model was continued from.
        clips: Footage clips in all of these, as (id, source, start, end).
        sources: Their files, with licences.
    """

    sha256: str
    path: str
    campaign: str
    variant: str
    prompt: str
    rewritten_prompt: str | None
    rewriter: str | None
    seed: int
    model: Mapping[str, Any]
    runs: tuple[Run, ...]
    averaged: tuple[str, ...]
    dataset_digest: str
    learnt_before: tuple[str, ...]
    clips: tuple[Mapping[str, Any], ...]
    sources: tuple[Source, ...]

    def as_json(self) -> dict[str, Any]:
        """The chain as JSON values."""
        return asdict(self)


def trace(subject: str, home: Home) -> Chain:
    """The chain of a delivered file.

    Args:
        subject: A path, or the file's SHA-256 in hex.
        home: Where the catalog and the registry are.

    Raises:
        NoSuchDeliverable: ``subject`` is neither.
        serving.catalog.UnknownDeliverable: nothing with this content was delivered here.
    """
    tracker = MlflowTracker(home)
    with closing(Catalog(home.catalog_url)) as catalog:
        found = catalog.lineage(_digest(subject))
        model, start = _model(found, MlflowRegistry(tracker))
        earlier = learnt_before(model["tags"] or {})
        clips = {clip.id: clip for digest in earlier for clip in catalog.dataset_clips(digest)}
        sources = {source.id: source for digest in earlier for source in catalog.sources_of_dataset(digest)}
    clips |= {clip.id: clip for clip in found.clips}
    sources |= {source.id: source for source in found.sources}
    found = Lineage(found.deliverable, list(clips.values()), list(sources.values()))
    return _chain(found, model, _runs(tracker, start), earlier)


def _digest(subject: str) -> str:
    if Path(subject).is_file():
        return sha256_file(Path(subject))
    if re.fullmatch(r"[0-9a-fA-F]{64}", subject):
        return subject.lower()
    raise NoSuchDeliverable(f"{subject!r} is neither a file nor a SHA-256 of 64 hex digits")


def _model(found: Lineage, registry: MlflowRegistry) -> tuple[dict[str, Any], dict[str, str]]:
    """What the registry says of the version, and the runs that it names as parents."""
    delivered = found.deliverable
    model: dict[str, Any] = {"name": delivered.model_name, "version": delivered.model_version}
    try:
        tags = dict(registry.version(int(delivered.model_version)).tags)
    except (LookupError, ValueError):
        # The registry may have been pruned since; what the catalog recorded still stands.
        return model | {"tags": None}, {}
    return model | {"tags": tags}, _parents(tags)


def _runs(tracker: MlflowTracker, start: Mapping[str, str]) -> tuple[Run, ...]:
    runs: dict[str, Run] = {}
    waiting = list(start.values())
    while waiting:
        run_id = waiting.pop(0)
        if run_id in runs:
            continue
        info = tracker.client.get_run(run_id)
        parents = _parents(info.data.tags)
        runs[run_id] = Run(run_id, str(info.info.run_name), parents)
        waiting.extend(parents.values())
    return tuple(runs.values())


def _parents(tags: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix(_PARENT): value for key, value in tags.items() if key.startswith(_PARENT)}


def _chain(found: Lineage, model: Mapping[str, Any], runs: tuple[Run, ...], earlier: tuple[str, ...]) -> Chain:
    names = {run.run_id: run.name for run in runs}
    averages = [run for run in runs if run.name == "averaged_model"]
    averaged = tuple(
        names[run_id] for run in averages for run_id in run.parents.values() if names[run_id].startswith("finetunes")
    )
    delivered, rewrite = found.deliverable, found.deliverable.rewrite
    sources = tuple(
        Source(
            source.sha256,
            source.name,
            source.licence,
            source.attribution,
            source.origin,
            sum(clip.source == source.id for clip in found.clips),
        )
        for source in found.sources
    )
    clips = tuple({"id": clip.id, "source": clip.source, "start": clip.start, "end": clip.end} for clip in found.clips)
    return Chain(
        sha256=delivered.sha256,
        path=delivered.path,
        campaign=delivered.campaign,
        variant=delivered.variant,
        prompt=delivered.prompt,
        rewritten_prompt=rewrite.text if rewrite else None,
        rewriter=rewrite.rewriter if rewrite else None,
        seed=delivered.seed,
        model=model,
        runs=runs,
        averaged=averaged,
        dataset_digest=delivered.dataset_digest,
        learnt_before=earlier,
        clips=clips,
        sources=sources,
    )
