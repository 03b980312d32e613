"""The dataset version: one digest for DVC, Dagster and MLflow."""

import shutil
from collections import Counter
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curated import POLICY
from assets.curation.card import Curated, write_card
from assets.curation.funnel import retention
from assets.curation.report import PICTURES
from assets.dvc_stage import reproduce
from assets.expectations import dataset_suite, validate, with_seconds, with_splits
from assets.manifest import Row, read_manifest
from assets.store import Store
from serving.catalog import Catalog
from serving.home import Home

_DATASET = "dataset.jsonl"
CARD = "card.md"


@dg.asset(
    group_name="dataset",
    kinds={"dvc", "python"},
    owners=["team:data"],
    code_version=code_version(__name__),
    deps=["captions", "footage", "shapes_corpus"],
)
def dataset(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    home: dg.ResourceParam[Home],
    curated_clips: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """Kept and captioned footage clips beside the procedural corpus, each with licence and split.

    The digest is DVC's md5 of the manifest: Dagster's data version and MLflow's dataset digest are the same string.
    """
    md5 = reproduce("dataset", home, POLICY.as_json())
    rows = read_manifest(home.manifests / _DATASET)
    catalog = Catalog(home.catalog_url)
    catalog.record_dataset(md5, rows)
    catalog.close()

    def build(folder: Path) -> Built:
        shutil.copyfile(home.manifests / _DATASET, folder / _DATASET)
        counts = Counter(f"{row['kind']}_{row['split']}" for row in rows)
        licences = sorted({row["licence"] for row in rows})
        pictures = _card(folder, home, rows, curated_clips.folder)
        return Built(
            meta={"dvc_md5": md5, "rows": len(rows), "licences": "; ".join(licences), **dict(sorted(counts.items()))},
            pictures=pictures,
        )

    result = store.adopt(context, md5, build=build)
    card = (result.value.folder / CARD).read_text(encoding="utf-8")
    # Pictures are metadata of their own; their file names would lead nowhere on Dagster's page.
    shown = "\n".join(line for line in card.splitlines() if not line.startswith("!["))
    return result._replace(metadata={**(result.metadata or {}), "data_card": dg.MetadataValue.md(shown)})


@dg.asset_check(asset=dataset, blocking=True, additional_ins={"footage": dg.AssetIn()})
def dataset_is_sound(dataset: Artifact, footage: Artifact) -> dg.AssetCheckResult:
    """The dataset manifest meets its expectations: identity, licences, known sources, no leak between the splits."""
    sources = [row["id"] for row in read_manifest(footage.folder / "footage.jsonl") if row["status"] == "ok"]
    return validate(
        "dataset", with_splits(with_seconds(read_manifest(dataset.folder / _DATASET))), dataset_suite(sources)
    )


def _card(folder: Path, home: Home, rows: list[Row], curated_folder: Path) -> list[Path]:
    """The data card of the footage in a dataset version, with the pictures of its curation."""
    footage, curated = (read_manifest(home.manifests / f"{name}.jsonl") for name in ("footage", "curated"))
    pictures = [
        Path(shutil.copy(curated_folder / name, folder / name)) for name in PICTURES if (curated_folder / name).exists()
    ]
    write_card(folder, Curated(POLICY, footage, curated, rows, retention(curated, POLICY)), pictures)
    return pictures
