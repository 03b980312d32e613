"""Finetuning: several finetunes that differ in data and hyper-parameters, and their average."""

import shutil
import warnings
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import SCRATCH, Artifact, Built
from assets.code_version import code_version
from assets.ports import Launcher, Settings
from assets.store import Store
from assets.training import trained
from assets.training_recipes import high_resolution, mix, stage_recipe
from models.files import sha256_json
from models.recipes import FINETUNES, DataMix

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


@dg.asset(group_name="finetuning", kinds={"safetensors"}, owners=["team:models"], code_version=code_version(__name__))
def averaged_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    latents: Artifact,
    finetunes: dict[str, Artifact],
) -> dg.MaterializeResult[Artifact]:
    """The average of the finetunes: uniform or greedy, whichever has the lower validation flow loss."""
    parents = {name: artifact.folder for name, artifact in sorted(finetunes.items())}
    validation = mix(latents.folder, {_VALIDATION: 1.0})

    def build(folder: Path) -> Built:
        return _average(folder, parents, validation)

    inputs = {"latents": latents, **{f"finetunes_{name}": artifact for name, artifact in finetunes.items()}}
    return store.produce(context, build=build, inputs=inputs, tracked=True)


def _average(folder: Path, parents: dict[str, Path], mix: tuple[DataMix, ...]) -> Built:
    from models.averaging import average_folders, greedy_soup
    from models.training.methods import VideoMethod
    from models.training.validation import Validation

    method = VideoMethod()
    validation = Validation(mix)

    def loss(candidate: Path) -> float:
        network = method.load(candidate)
        return validation.loss(lambda batch: method.velocity(network, batch))

    uniform, greedy = folder / SCRATCH / "uniform", folder / SCRATCH / "greedy"
    average_folders(list(parents.values()), uniform)
    losses = {path: loss(path) for path in parents.values()}
    chosen = greedy_soup(list(parents.values()), greedy, lambda path: losses[path] if path in losses else loss(path))
    uniform_loss, greedy_loss = loss(uniform), loss(greedy)
    name, best = ("uniform", uniform) if uniform_loss <= greedy_loss else ("greedy", greedy)
    for file in best.iterdir():
        shutil.copyfile(file, folder / file.name)
    names = {path: name for name, path in parents.items()}
    metrics = {
        "validation_loss": min(uniform_loss, greedy_loss),
        "validation_loss_uniform": uniform_loss,
        "validation_loss_greedy": greedy_loss,
        **{f"validation_loss_{name}": losses[path] for name, path in parents.items()},
    }
    meta = {
        "method": name,
        "parents": ", ".join(parents if name == "uniform" else [names[path] for path in chosen]),
        "best_single": min(losses.values()),
        "validation_loss": metrics["validation_loss"],
    }
    return Built(meta=meta, metrics=metrics)


@dg.asset_check(asset=averaged_model, blocking=True, additional_ins={"finetunes": dg.AssetIn()})
def average_is_no_worse(averaged_model: Artifact, finetunes: dict[str, Artifact]) -> dg.AssetCheckResult:
    """Every finetune's losses are finite, and the average validates no more than 2% worse than the best of them."""
    from math import isfinite

    finals = {name: float(artifact.meta["validation_final"]) for name, artifact in finetunes.items()}
    loss = float(averaged_model.meta["validation_loss"])
    best = float(averaged_model.meta["best_single"])
    return dg.AssetCheckResult(
        passed=isfinite(loss) and all(map(isfinite, finals.values())) and loss <= best * 1.02,
        description=f"{averaged_model.meta['method']} average {loss:.4f}, best finetune {best:.4f}",
        metadata={f"validation_{name}": dg.MetadataValue.float(value) for name, value in finals.items()},
    )
