"""Finetuning: several finetunes that differ in data and hyper-parameters."""

import warnings
from typing import Any

import dagster as dg

from assets.artifact import Artifact
from assets.code_version import code_version
from assets.ports import Launcher, Settings
from assets.store import Store
from assets.training import trained
from assets.training_recipes import high_resolution, stage_recipe
from models.files import sha256_json
from models.recipes import FINETUNES

_VALIDATION = "video-high"

# One run for all finetunes rests on the backfill policy, which Dagster calls beta at every start.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)


@dg.asset(
    group_name="finetuning",
    kinds={"pytorch", "lightning", "deepspeed"},
    owners=["team:models"],
    code_version=code_version(__name__),
    partitions_def=dg.StaticPartitionsDefinition(list(FINETUNES)),
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def finetunes(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    joint_high: Artifact,
) -> dg.MaterializeResult[dict[str, Artifact]]:
    """Finetunes of the pretrained backbone, a partition each: more footage, a longer cosine, a lower rate."""
    profile = settings.profile
    stages = dict(profile.finetunes)
    artifacts: dict[str, Artifact] = {}
    metadata: dict[str, Any] = {}
    for name in context.partition_keys:
        recipe = stage_recipe(
            name,
            stages[name],
            high_resolution(profile),
            latents.folder,
            weights={_VALIDATION: 1.0},
            validation=[_VALIDATION],
            init=joint_high.folder,
        )
        inputs = {"latents": latents, "joint_high": joint_high}
        made = trained(context, store, launcher, recipe, inputs, partition=name)
        assert made.value is not None
        artifacts[name] = made.value
        context.add_asset_metadata(dict(made.metadata or {}), partition_key=name)
        metadata[f"{name}_validation"] = dg.MetadataValue.float(float(made.value.meta["validation_final"]))
    digest = sha256_json({name: artifact.digest for name, artifact in artifacts.items()})
    return dg.MaterializeResult(value=artifacts, metadata=metadata, data_version=dg.DataVersion(digest[:32]))
