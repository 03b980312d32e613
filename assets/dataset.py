"""The dataset version: one digest for DVC, Dagster and MLflow."""

import shutil
from collections import Counter
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curated import POLICY
from assets.curation.merge import missing_splits
from assets.dvc_stage import reproduce
from assets.expectations import dataset_suite, validate, with_seconds
from assets.manifest import read_manifest
from assets.sandbox_corpus.expectations import with_splits
from assets.store import Store
from serving.catalog import Catalog
from serving.home import Home

_DATASET = "dataset.jsonl"


@dg.asset(
    group_name="dataset",
    kinds={"dvc", "python"},
    owners=["team:data"],
    code_version=code_version(__name__),
    deps=["captions", "curated_clips", "footage", "sandbox_corpus"],
)
def dataset(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], home: dg.ResourceParam[Home]
) -> dg.MaterializeResult[Artifact]:
    """Kept and captioned footage clips beside the sandbox corpus, each with licence and split.

    The digest is DVC's md5 of the manifest: Dagster's data version and MLflow's dataset digest are the same string.
    """
    md5 = reproduce("dataset", home, POLICY.as_json())
    rows = read_manifest(home.manifests / _DATASET)
    catalog = Catalog(home.catalog_url)
    catalog.record_dataset(md5, rows)
    catalog.close()
    for split in missing_splits(rows):
        context.log.warning("no footage clip is for %s: it takes more films", split)

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _DATASET, folder / _DATASET)
        counts = Counter(f"{row['kind']}_{row['split']}" for row in rows)
        licences = sorted({row["licence"] for row in rows})
        return Built(
            meta={"dvc_md5": md5, "rows": len(rows), "licences": "; ".join(licences), **dict(sorted(counts.items()))}
        )

    return store.adopt(context, md5, build=build)


@dg.asset_check(asset=dataset, blocking=True, additional_ins={"footage": dg.AssetIn()})
def dataset_is_sound(dataset: Artifact, footage: Artifact) -> dg.AssetCheckResult:
    """The dataset manifest meets its expectations: identity, licences, known sources, no leak between the splits."""
    sources = [row["id"] for row in read_manifest(footage.folder / "footage.jsonl") if row["status"] == "ok"]
    return validate(
        "dataset", with_splits(with_seconds(read_manifest(dataset.folder / _DATASET))), dataset_suite(sources)
    )
