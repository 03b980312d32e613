"""Curation: which clips are good enough, why the others are not, and what the kept ones show."""

import shutil
from functools import partial
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curation.captioning import configured, unsettled
from assets.curation.funnel import retention
from assets.curation.loading import footage_paths
from assets.curation.policy import SMALL_CORPUS
from assets.curation.report import write_report
from assets.curation.sheets import sheet_of_clips
from assets.dvc_stage import reproduce
from assets.expectations import captions_suite, curated_suite, validate, with_reasons
from assets.manifest import read_manifest
from assets.store import Store
from serving.catalog import Catalog
from serving.home import Home

_CURATED = "curated.jsonl"
_CAPTIONS = "captions.jsonl"
POLICY = SMALL_CORPUS


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
    md5 = reproduce("curate", home, POLICY.as_json())
    rows = read_manifest(home.manifests / _CURATED)
    catalog = Catalog(home.catalog_url)
    catalog.record_curation(POLICY.name, rows)
    catalog.close()
    kept = [row for row in rows if row["kept"]]
    if not kept:
        context.log.warning(
            "policy %s keeps none of %d clips: the dataset will hold no footage", POLICY.name, len(rows)
        )
    steps = retention(rows, POLICY)

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _CURATED, folder / _CURATED)
        pictures = write_report(folder, rows, steps, footage_paths(home))
        return Built(
            meta={"dvc_md5": md5, "policy": POLICY.name, "kept": len(kept), "rejected": len(rows) - len(kept)},
            pictures=pictures,
        )

    result = store.adopt(context, md5, build=build)
    records = [
        dg.TableRecord(
            {
                "filter": step.filter,
                "rule": step.rule,
                "clips": step.clips,
                "share": f"{step.clips_share:.1%}",
                "seconds": step.seconds,
                "seconds_share": f"{step.seconds_share:.1%}",
                "fell_unmeasured": step.unmeasured,
            }
        )
        for step in steps
    ]
    return result._replace(metadata={**(result.metadata or {}), "retention_table": dg.MetadataValue.table(records)})


@dg.asset(group_name="curation", kinds={"dvc", "python"}, owners=["team:data"], code_version=code_version(__name__))
def captions(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    home: dg.ResourceParam[Home],
    curated_clips: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """A description of every kept clip, by the configured captioner, with the confidence in it."""
    captioner = configured().name
    md5 = reproduce("caption", home, {"captioner": captioner}, unsettled=partial(unsettled, captioner=captioner))
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
            meta={"dvc_md5": md5, "captions": len(rows), "captioner": captioner},
            pictures=[sheet_of_clips(sheet, located, [said[row["id"]] for row in located])] if located else [],
        )

    return store.adopt(context, md5, build=build)


@dg.asset_check(asset=curated_clips, blocking=True, additional_ins={"clips": dg.AssetIn()})
def fates_are_sound(curated_clips: Artifact, clips: Artifact) -> dg.AssetCheckResult:
    """The curated manifest meets its expectations: every clip once, every rejection explained."""
    known = [row["id"] for row in read_manifest(clips.folder / "clips.jsonl")]
    rows = with_reasons(read_manifest(curated_clips.folder / _CURATED))
    return validate("curated", rows, curated_suite(known))


@dg.asset_check(asset=captions, blocking=True, additional_ins={"curated_clips": dg.AssetIn()})
def captions_are_sound(captions: Artifact, curated_clips: Artifact) -> dg.AssetCheckResult:
    """The caption manifest meets its expectations: every kept clip once, text, confidence."""
    kept = [row["id"] for row in read_manifest(curated_clips.folder / _CURATED) if row["kept"]]
    return validate("captions", read_manifest(captions.folder / _CAPTIONS), captions_suite(kept))
