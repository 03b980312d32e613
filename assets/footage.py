"""Ingestion: source files, probed or quarantined, and the clips cut from them."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curation.engine.run import unsettled as clip_unsettled
from assets.curation.sheets import sheet_of_clips
from assets.curation.stages import stages
from assets.dvc_stage import reproduce
from assets.expectations import clips_suite, footage_suite, validate, with_seconds, with_sounds
from assets.ingestion.ingest import unsettled as file_unsettled
from assets.ingestion.sources import discover
from assets.manifest import read_manifest
from assets.ports import Settings
from assets.store import Store
from serving.catalog import Catalog
from serving.home import Home

_FOOTAGE = "footage.jsonl"
_CLIPS = "clips.jsonl"


@dg.asset(group_name="ingestion", kinds={"dvc", "python"}, owners=["team:data"], code_version=code_version(__name__))
def footage(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    home: dg.ResourceParam[Home],
) -> dg.MaterializeResult[Artifact]:
    """Source files of the footage folders, or of the packages that carry some: licence, size, what is wrong.

    A file that is not usable is quarantined with a reason, and the run goes on.
    """
    md5 = reproduce(
        "ingest", home, [source.as_json() for source in discover(settings.footage)], unsettled=file_unsettled
    )
    rows = read_manifest(home.manifests / _FOOTAGE)
    catalog = Catalog(home.catalog_url)
    catalog.record_footage(rows)
    catalog.close()
    usable = [row for row in rows if row["status"] == "ok"]
    refused = [row for row in rows if row["status"] != "ok"]
    for row in refused:
        context.log.warning("quarantined %s: %s", row["name"], row["reason"])

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _FOOTAGE, folder / _FOOTAGE)
        seconds = sum(row["duration"] for row in usable)
        whole = [row | {"start": 0.0, "end": row["duration"]} for row in usable]
        return Built(
            meta={"dvc_md5": md5, "files": len(usable), "quarantined": len(refused), "seconds": round(seconds, 1)},
            pictures=[sheet_of_clips(folder / "footage.png", whole, [_about(row) for row in usable])] if usable else [],
        )

    names = ("name", "status", "reason", "licence", "attribution", "origin", "width", "height", "fps", "duration")
    return _with_table(store.adopt(context, md5, build=build), "files", rows, names)


@dg.asset(group_name="ingestion", kinds={"dvc", "python"}, owners=["team:data"], code_version=code_version(__name__))
def clips(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    home: dg.ResourceParam[Home],
    footage: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """Spans of 16 seconds at most, each within one shot, with the signals that the filters ask for."""
    md5 = reproduce("split", home, [stage.version for stage in stages()], unsettled=clip_unsettled)
    rows = read_manifest(home.manifests / _CLIPS)
    catalog = Catalog(home.catalog_url)
    catalog.record_clips(rows)
    catalog.close()
    names = {row["id"]: row["name"] for row in read_manifest(footage.folder / _FOOTAGE)}
    for row in rows:
        if row["error"]:
            context.log.warning("%s gives no clip: %s", names[row["source"]], row["error"])

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _CLIPS, folder / _CLIPS)
        seconds = sum(row["end"] - row["start"] for row in rows)
        return Built(meta={"dvc_md5": md5, "clips": len(rows), "seconds": round(seconds, 1)})

    counts = Counter(names[row["source"]] for row in rows)
    table = [{"name": name, "clips": count} for name, count in sorted(counts.items())]
    return _with_table(store.adopt(context, md5, build=build), "clips_of_files", table, ("name", "clips"))


@dg.asset_check(asset=footage, blocking=True)
def footage_is_sound(footage: Artifact) -> dg.AssetCheckResult:
    """The footage manifest meets its expectations: identity, licence, status, ranges."""
    return validate("footage", read_manifest(footage.folder / _FOOTAGE), footage_suite())


@dg.asset_check(asset=clips, blocking=True, additional_ins={"footage": dg.AssetIn()})
def clips_are_sound(clips: Artifact, footage: Artifact) -> dg.AssetCheckResult:
    """The clip manifest meets its expectations: identity, known sources, spans, ranges of signals."""
    sources = [row["id"] for row in read_manifest(footage.folder / _FOOTAGE) if row["status"] == "ok"]
    return validate("clips", with_sounds(with_seconds(read_manifest(clips.folder / _CLIPS))), clips_suite(sources))


def _about(row: dict[str, Any]) -> str:
    return f"{row['name']} {row['width']}x{row['height']} {row['duration']:.1f} s, {row['licence']}"


def _with_table(
    result: dg.MaterializeResult[Artifact], name: str, rows: list[dict[str, Any]], columns: tuple[str, ...]
) -> dg.MaterializeResult[Artifact]:
    records = [
        dg.TableRecord({column: "" if row[column] is None else row[column] for column in columns}) for row in rows
    ]
    schema = dg.TableSchema([dg.TableColumn(column, "string") for column in columns])
    return result._replace(metadata={**(result.metadata or {}), name: dg.MetadataValue.table(records, schema=schema)})
