"""The procedural corpus as an asset: clips whose truth is known exactly."""

import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.corpus.manifest import Record, read_corpus
from assets.corpus.render import render, render_reference, render_source
from assets.corpus.scene import KINDS
from assets.corpus.sound import sound
from assets.corpus.stage import MANIFEST
from assets.dvc_stage import reproduce
from assets.pictures import contact_sheet, spectrograms
from assets.ports import Settings
from assets.store import Store
from models.recipes import SAMPLE_RATE
from serving.home import Home

_COLUMNS, _ROWS = 4, 8
_SIDE, _FRAMES = 96, 32


@dg.asset(group_name="ingestion", kinds={"dvc", "numpy"}, owners=["team:data"], code_version=code_version(__name__))
def shapes_corpus(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    home: dg.ResourceParam[Home],
) -> dg.MaterializeResult[Artifact]:
    """Moving, coloured, sounding shapes and people with exact captions: what the models learn language from.

    A DVC stage writes their specifications (a seed is a clip); pixels and samples are rendered when they are needed.
    """
    md5 = reproduce("corpus", home, asdict(settings.profile.corpus))

    def build(folder: Path) -> Built:
        manifest = folder / MANIFEST
        shutil.copyfile(home.manifests / MANIFEST, manifest)
        found = read_corpus(manifest)
        kinds = Counter(record.spec.kind for record in found)
        splits = Counter(record.spec.split for record in found)
        return Built(
            meta={"dvc_md5": md5, "clips": len(found), **{f"clips_{name}": n for name, n in (kinds + splits).items()}},
            pictures=[_sheet(folder / "contact_sheet.png", found), _sounds(folder / "sounds.png", found)],
        )

    return store.adopt(context, md5, build=build)


def _sheet(path: Path, found: list[Record]) -> Path:
    """As many clips of each kind: first and middle frame, the reference or the source before them."""
    by_kind = {kind: [record for record in found if record.spec.kind == kind] for kind in KINDS}
    shown: list[Record] = []
    for number in range(_COLUMNS * _ROWS):
        shown += [found[number] for found in by_kind.values() if number < len(found)]
    cells = []
    for record in sorted(shown[: _COLUMNS * _ROWS], key=lambda record: record.id):
        spec = record.spec
        clip = render(spec, _SIDE, _SIDE, _FRAMES)
        frames = [clip[0], clip[_FRAMES // 2]]
        if spec.before:
            frames = [render_source(spec, _SIDE, _SIDE, 1)[0], clip[0]]
        elif spec.reference:
            frames = [render_reference(spec, _SIDE), clip[0]]
        cells.append((frames, spec.caption))
    return contact_sheet(path, cells, columns=_COLUMNS)


def _sounds(path: Path, found: list[Record]) -> Path:
    heard = {record.spec.scene.motion: record.spec for record in found if record.spec.kind == "sound"}
    shown = [heard[motion] for motion in sorted(heard)[:4]]
    return spectrograms(path, [(spec.caption, sound(spec, spec.scene.seconds)) for spec in shown], rate=SAMPLE_RATE)


@dg.asset_check(asset=shapes_corpus, blocking=True)
def captions_are_true(shapes_corpus: Artifact) -> dg.AssetCheckResult:
    """Judges that see pixels alone find the colours and the motion that the captions name."""
    from assets.corpus import judges

    videos = [r.spec for r in read_corpus(shapes_corpus.folder / MANIFEST) if r.spec.kind == "video"][:12]
    wrong = []
    for spec in videos:
        frames = render(spec, 64, 64, _FRAMES)
        seen = (judges.background_colour(frames), judges.object_colour(frames), judges.motion(frames))
        if seen != (spec.scene.background, spec.scene.figure.colour, spec.scene.motion):
            wrong.append(f"{spec.caption}: {seen}")
    return dg.AssetCheckResult(passed=not wrong, metadata={"judged": len(videos), "wrong": ", ".join(wrong) or "none"})


@dg.asset_check(asset=shapes_corpus, blocking=True)
def splits_are_disjoint(shapes_corpus: Artifact) -> dg.AssetCheckResult:
    """No seed belongs to training and validation."""
    seeds: dict[str, set[int]] = {"train": set(), "validation": set()}
    for record in read_corpus(shapes_corpus.folder / MANIFEST):
        seeds[record.spec.split].add(record.spec.seed)
    shared = seeds["train"] & seeds["validation"]
    return dg.AssetCheckResult(passed=not shared, metadata={"shared": len(shared)})
