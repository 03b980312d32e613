"""A launched training as an artifact: what the pretraining, finetuning and post-training assets share."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.artifact import SCRATCH, Artifact, Built
from assets.pictures import curves
from assets.ports import Launcher
from assets.store import Store
from models.files import LEFT, sha256_file
from models.recipes import TrainingRecipe
from models.starter import KNOWN, WEIGHTS

if TYPE_CHECKING:
    # Named here so that the code version of a trained asset covers the training code, which ranks import.
    from models.audio import AudioBackbone as AudioBackbone  # noqa: PLC0414
    from models.backbone import Backbone as Backbone  # noqa: PLC0414
    from models.training.run import train as train  # noqa: PLC0414

METRICS = "metrics.jsonl"
_SHORT = 20  # steps; a training below that is a rehearsal, in which noise may outweigh what was learned
_SLACK = 1.02


def trained(
    context: dg.AssetExecutionContext,
    store: Store,
    launcher: Launcher,
    recipe: TrainingRecipe,
    inputs: Mapping[str, Artifact],
    *,
    partition: str | None = None,
) -> dg.MaterializeResult[Artifact]:
    """The model of a recipe: found in the store, or trained now through the launcher.

    Raises:
        models.training.errors.TrainingFailed: The job ended without a result.
    """

    def build(folder: Path) -> Built:
        job_id = "-".join([*folder.relative_to(store.root).parts])
        result = launcher.train(context, job_id=job_id, recipe=recipe, folder=folder)
        return report(folder, recipe, result)

    return store.produce_partition(
        context, partition, build=build, inputs=inputs, settings=_settings(recipe), tracked=True
    )


def report(folder: Path, recipe: TrainingRecipe, result: Mapping[str, Any]) -> Built:
    """What a finished training shows: losses before and after, the control, what went wrong, and the curves."""
    figures = {
        name: float(result[name])
        for name in (
            "loss_initial",
            "loss_final",
            "validation_initial",
            "validation_final",
            "validation_control",
        )
    }
    figures["validation_improvement"] = 1 - figures["validation_final"] / figures["validation_initial"]
    figures["control_margin"] = figures["validation_control"] / figures["validation_final"] - 1
    events = {
        "skipped_steps": int(result["skipped"]),
        "rollbacks": int(result["rollbacks"]),
        "loss_spikes": int(result["spikes"]),
    }
    history = folder / METRICS
    return Built(
        meta={
            **figures,
            "steps": recipe.steps,
            **events,
            "world_size": recipe.world_size,
        },
        metrics={**figures, **events, "training_seconds": float(result["seconds"])},
        pictures=[
            curves(folder / "curve.png", _lines(history)),
            *_samples(folder),
        ],
        history=history,
        system=system if (system := folder / SCRATCH / "system.jsonl").exists() else None,
    )


def _samples(folder: Path) -> list[Path]:
    """What the training drew, taken out of its scratch folder; the last first."""
    import shutil

    drawn = folder / "samples"
    if (folder / SCRATCH / "samples").exists():
        whole = shutil.ignore_patterns(LEFT)
        shutil.copytree(folder / SCRATCH / "samples", drawn, ignore=whole, dirs_exist_ok=True)
    return sorted(drawn.glob("*.png"), reverse=True)


def learned(artifact: Artifact, *, warm: bool = False) -> dg.AssetCheckResult:
    """Whether a training's losses are finite and its validation loss ended below its start.

    Args:
        artifact: The training's.
        warm: Whether it began with weights that had been trained on such data to the end: then it may leave the loss
            where it was, up to two hundredths.
    """
    meta = artifact.meta
    before, after = float(meta["validation_initial"]), float(meta["validation_final"])
    limit = before if meta["steps"] >= _SHORT and not warm else before * _SLACK
    return dg.AssetCheckResult(
        passed=math.isfinite(meta["loss_final"]) and math.isfinite(after) and after < limit,
        description=f"validation flow loss {before:.4f} -> {after:.4f}; training loss {meta['loss_final']:.4f}",
        metadata={
            "validation_initial": dg.MetadataValue.float(before),
            "validation_final": dg.MetadataValue.float(after),
            "validation_control": dg.MetadataValue.float(float(meta["validation_control"])),
        },
    )


def _settings(recipe: TrainingRecipe) -> dict[str, Any]:
    """The recipe without paths, which the inputs' digests stand for; packaged weights are named by their own."""
    settings = asdict(recipe)
    del settings["init"]
    if settings.pop("changes") == "known":
        settings["changes"] = sha256_file(KNOWN / WEIGHTS)
    for name in ("data", "validation"):
        settings[name] = [[part["group"], part["weight"]] for part in settings[name]]
    return settings


def _lines(history: Path) -> dict[str, list[tuple[float, float]]]:
    import json

    entries = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    return {
        label: [(entry["step"], entry[name]) for entry in entries if name in entry]
        for label, name in (("training", "loss"), ("validation", "validation_loss"))
    }
