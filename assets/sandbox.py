"""The sandbox corpus as an asset: clips of a world whose truth is known exactly."""

import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.dvc_stage import reproduce
from assets.expectations import validate
from assets.manifest import read_manifest
from assets.pictures import contact_sheet, spectrograms
from assets.ports import Settings
from assets.sandbox_corpus.expectations import corpus_suite, with_splits
from assets.sandbox_corpus.record import KINDS, Record, read_corpus
from assets.sandbox_corpus.rendering import reference_picture
from assets.sandbox_corpus.stage import MANIFEST
from assets.store import Store
from assets.world.render import Frames, pictures
from assets.world.sound import heard
from models.recipes import FPS, SAMPLE_RATE
from serving.home import Home

_COLUMNS, _ROWS = 4, 10
_SIDE, _FRAMES = 96, 32
_SPECTROGRAMS = 4
_JUDGED = 18  # clips
_RIGHT = {"background": 0.8, "kind": 0.6, "colour": 0.6, "motion": 0.6}
_LEAD = {"background": 0.5, "kind": 0.4, "colour": 0.3, "motion": 0.3}
"""Shares that the checkers must find right, and by how much more than with the captions of other clips."""


@dg.asset(group_name="ingestion", kinds={"dvc", "numpy"}, owners=["team:data"], code_version=code_version(__name__))
def sandbox_corpus(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    home: dg.ResourceParam[Home],
) -> dg.MaterializeResult[Artifact]:
    """Clips of the profile's corner of the sandbox world with exact captions: what the models learn language from.

    A DVC stage writes their specifications (a seed is a clip); pixels and samples are rendered when they are needed.
    """
    profile = settings.profile
    md5 = reproduce("corpus", home, {"size": asdict(profile.corpus), "world": asdict(profile.world)})

    def build(folder: Path) -> Built:
        manifest = folder / MANIFEST
        shutil.copyfile(home.manifests / MANIFEST, manifest)
        found = read_corpus(manifest)
        counts = Counter(record.kind for record in found) + Counter(record.split for record in found)
        return Built(
            meta={"dvc_md5": md5, "clips": len(found), **{f"clips_{name}": count for name, count in counts.items()}},
            pictures=[_sheet(folder / "contact_sheet.png", found), _sounds(folder / "sounds.png", found)],
        )

    return store.adopt(context, md5, build=build)


def _sheet(path: Path, found: list[Record]) -> Path:
    """As many clips of each kind: first, middle and last frame, or the reference or the source before them."""
    each = _COLUMNS * _ROWS // len(KINDS)
    cells = []
    for kind in KINDS:
        shown = [record for record in found if record.kind == kind][:each]
        cells += [(_shown(record), record.caption[:60]) for record in shown]
    return contact_sheet(path, cells, columns=_COLUMNS)


def _shown(record: Record) -> list[Frames]:
    clip = pictures(record.spec, _SIDE, _SIDE, FPS, 1 if record.kind == "image" else _FRAMES)
    if record.before:
        return [pictures(record.before, _SIDE, _SIDE, FPS, _FRAMES // 2 + 1)[-1], clip[_FRAMES // 2]]
    if record.reference:
        return [reference_picture(record, _SIDE), clip[0], clip[-1]]
    return list(clip[[0, len(clip) // 2, -1]]) if len(clip) > 1 else list(clip)


def _sounds(path: Path, found: list[Record]) -> Path:
    """One sound of each motion, as far as there is room."""
    by_motion = {record.spec.objects[0].motion: record for record in found if record.kind == "sound"}
    shown = [by_motion[motion] for motion in sorted(by_motion)[:_SPECTROGRAMS]]
    return spectrograms(path, [(r.short, heard(r.spec, r.spec.seconds)) for r in shown], rate=SAMPLE_RATE)


@dg.asset_check(asset=sandbox_corpus, blocking=True)
def captions_are_true(sandbox_corpus: Artifact) -> dg.AssetCheckResult:
    """Checkers that see pixels alone find what the captions name, and not what the captions of other clips name.

    They err themselves (docs/benchmarks.md), so that a share must be right, and far more than with captions exchanged.
    """
    from assets.evaluation.prompts import Prompt, shares
    from assets.evaluation.sight import seen_in

    found = read_corpus(sandbox_corpus.folder / MANIFEST)
    videos = [record for record in found if record.kind == "video" and len(record.spec.objects) == 1][:_JUDGED]
    asked = [Prompt.of(record.short) for record in videos]
    sights = [seen_in(pictures(record.spec, 128, 128, FPS, _FRAMES), FPS) for record in videos]
    right = shares(asked, sights)
    exchanged = shares(asked, [*sights[1:], *sights[:1]])
    held = all(right.get(part, 0.0) >= least for part, least in _RIGHT.items())
    apart = all(right.get(part, 0.0) - exchanged.get(part, 0.0) >= least for part, least in _LEAD.items())
    others = {f"{part}_exchanged": share for part, share in exchanged.items()}
    return dg.AssetCheckResult(passed=held and apart, metadata={"judged": len(videos), **right, **others})


@dg.asset_check(asset=sandbox_corpus, blocking=True)
def corpus_is_sound(sandbox_corpus: Artifact) -> dg.AssetCheckResult:
    """The manifest meets its expectations: identity, licence, captions; no seed or person of one split in the other."""
    return validate("corpus", with_splits(read_manifest(sandbox_corpus.folder / MANIFEST)), corpus_suite())
