"""The data card: what the footage of a dataset version is made of, for the people who answer for it."""

import shutil
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curated import POLICY
from assets.curation.card import Curated, write_card
from assets.curation.funnel import retention
from assets.curation.report import PICTURES
from assets.manifest import read_manifest
from assets.store import Store


@dg.asset(group_name="dataset", kinds={"python", "markdown"}, owners=["team:data"], code_version=code_version(__name__))
def data_card(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    footage: Artifact,
    curated_clips: Artifact,
    dataset: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """Licences, lengths, shapes, concepts and rejections of a dataset version's footage, as Markdown and HTML."""

    def build(folder: Path) -> Built:
        rows = read_manifest(footage.folder / "footage.jsonl")
        curated = read_manifest(curated_clips.folder / "curated.jsonl")
        steps = retention(curated, POLICY)
        shown = [name for name in PICTURES if (curated_clips.folder / name).exists()]
        pictures = [Path(shutil.copy(curated_clips.folder / name, folder / name)) for name in shown]
        made = Curated(POLICY, rows, curated, read_manifest(dataset.folder / "dataset.jsonl"), steps)
        write_card(folder, made, pictures)
        return Built(meta={"policy": POLICY.name, "kept": steps[-1].clips}, pictures=pictures)

    inputs = {"footage": footage, "curated_clips": curated_clips, "dataset": dataset}
    result = store.produce(context, build=build, inputs=inputs, settings=POLICY)
    # Pictures are metadata of their own; their file names would lead nowhere on Dagster's page.
    lines = (result.value.folder / "card.md").read_text(encoding="utf-8").splitlines()
    card = "\n".join(line for line in lines if not line.startswith("!["))
    return result._replace(metadata={**(result.metadata or {}), "data_card": dg.MetadataValue.md(card)})
