"""Curation: which clips are good enough, why the others are not, and what the kept ones show."""

import shutil
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curation.funnel import draw_funnel, retention_table
from assets.curation.loading import footage_paths
from assets.curation.policy import SMALL_CORPUS
from assets.curation.sheets import sheet_of_clips
from assets.dvc_stage import reproduce
from assets.expectations import captions_suite, curated_suite, validate
from assets.manifest import read_manifest
from assets.store import Store
from serving.catalog import Catalog
from serving.home import Home

_CURATED = "curated.jsonl"
_CAPTIONS = "captions.jsonl"
_POLICY = SMALL_CORPUS


@dg.asset(
    group_name="curation",
    kinds={"dvc", "python"},
    owners=["team:data"],
    code_version=code_version(__name__),
    deps=["clips"],
)
def curated_clips(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], home: dg.ResourceParam[Home]
) -> dg.MaterializeResult[Artifact]:
    """Every clip with its fate: kept, or rejected for a signal with its value and threshold."""
    md5 = reproduce("curate", home, _POLICY.as_json())
    rows = read_manifest(home.manifests / _CURATED)
    catalog = Catalog(home.catalog_url)
    catalog.record_curation(_POLICY.name, rows)
    catalog.close()
    kept = [row for row in rows if row["kept"]]
    rejected = [row for row in rows if not row["kept"]]
    if not kept:
        context.log.warning(
            "policy %s keeps none of %d clips: the dataset will hold no footage", _POLICY.name, len(rows)
        )
    table = retention_table(rows, _POLICY)

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _CURATED, folder / _CURATED)
        table.to_csv(folder / "retention.csv", index=False)
        pictures = [folder / "retention.png"]
        draw_funnel(table, pictures[0])
        paths = footage_paths(home)
        readable = [row for row in rejected if not row["error"]]
        for name, shown in (("kept", kept), ("rejected", readable)):
            if shown:
                located = [row | {"path": paths[row["source"]]} for row in shown]
                pictures.append(sheet_of_clips(folder / f"{name}.png", located, [_about(row) for row in shown]))
        return Built(
            meta={"dvc_md5": md5, "policy": _POLICY.name, "kept": len(kept), "rejected": len(rejected)},
            pictures=pictures,
        )

    result = store.adopt(context, md5, build=build)
    records = [
        dg.TableRecord(
            {
                "filter": str(step["filter"]),
                "rule": str(step["rule"]),
                "clips": int(step["clips"]),
                "share": f"{step['clips_share']:.1%}",
                "seconds": float(step["seconds"]),
                "seconds_share": f"{step['seconds_share']:.1%}",
            }
        )
        for step in table.to_dict("records")
    ]
    return result._replace(metadata={**(result.metadata or {}), "retention_table": dg.MetadataValue.table(records)})


@dg.asset(group_name="curation", kinds={"dvc", "python"}, owners=["team:data"], code_version=code_version(__name__))
def captions(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    home: dg.ResourceParam[Home],
    curated_clips: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """A description of every kept clip, made from what was measured, with the confidence in it."""
    md5 = reproduce("caption", home)
    rows = read_manifest(home.manifests / _CAPTIONS)
    catalog = Catalog(home.catalog_url)
    catalog.record_captions(rows)
    catalog.close()

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _CAPTIONS, folder / _CAPTIONS)
        said = {row["id"]: row["caption"] for row in rows}
        paths = footage_paths(home)
        kept = [row for row in read_manifest(curated_clips.folder / _CURATED) if row["kept"]]
        located = [row | {"path": paths[row["source"]]} for row in kept]
        sheet = folder / "captions.png"
        return Built(
            meta={"dvc_md5": md5, "captions": len(rows), "captioner": rows[0]["captioner"] if rows else "none"},
            pictures=[sheet_of_clips(sheet, located, [said[row["id"]] for row in located])] if located else [],
        )

    return store.adopt(context, md5, build=build)


@dg.asset_check(asset=curated_clips, blocking=True, additional_ins={"clips": dg.AssetIn()})
def fates_are_sound(curated_clips: Artifact, clips: Artifact) -> dg.AssetCheckResult:
    """The curated manifest meets its expectations: every clip once, every rejection explained."""
    known = [row["id"] for row in read_manifest(clips.folder / "clips.jsonl")]
    return validate("curated", read_manifest(curated_clips.folder / _CURATED), curated_suite(known))


@dg.asset_check(asset=captions, blocking=True, additional_ins={"curated_clips": dg.AssetIn()})
def captions_are_sound(captions: Artifact, curated_clips: Artifact) -> dg.AssetCheckResult:
    """The caption manifest meets its expectations: every kept clip once, text, confidence."""
    kept = [row["id"] for row in read_manifest(curated_clips.folder / _CURATED) if row["kept"]]
    return validate("captions", read_manifest(captions.folder / _CAPTIONS), captions_suite(kept))


def _about(row: dict[str, Any]) -> str:
    reason = row["rejected_by"]
    if reason:
        return f"{reason['signal']} {reason['value']:g} (limit {reason['threshold']:g})"
    signals = row["signals"]
    return f"{row['end'] - row['start']:.1f} s, motion {signals['motion']:.1f}, sharpness {signals['sharpness']:.1f}"
