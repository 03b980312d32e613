"""The few-step student of the averaged model."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from assets.artifact import SCRATCH, Artifact, Built
from assets.code_version import code_version
from assets.encoding.plan import STRIDE, Part
from assets.encoding.review import curve
from assets.encoding.shards import INDEX, NULL, write_index, write_shard
from assets.evaluation.serving_config import serving_config
from assets.ports import Settings
from assets.store import Store
from models.files import read_json, sha256_file, write_json
from models.recipes import Split
from models.starter import BACKBONE, STUDENT, WEIGHTS
from models.student_recipe import StudentRecipe

if TYPE_CHECKING:
    from models.backbone import Backbone
    from models.training.shards import Bucket
    from models.training.texts import Batch

GROUP = "video-high"
_FIGURES = "figures.json"
_HISTORY = "metrics.jsonl"
_BATCH = 8  # paths at once
_SHARD = 16  # paths: what a kill loses at most
_SHORT = 20  # steps; a training below that is a rehearsal

Progress = Callable[[int, int, dict[str, float]], None]


@dg.asset(group_name="post_training", kinds={"torch"}, owners=["team:models"], code_version=code_version(__name__))
def student_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    averaged_model: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The averaged model distilled into one, two or four jumps, by its own guided paths at the high sizes.

    It begins with the changes of the packaged student where the averaged model was finetuned from the packaged
    backbone. ``error_4`` is how far four jumps end from held-out paths, ``teacher_error_4`` how far as many steps of
    the teacher itself do.
    """
    profile = settings.profile
    recipe, start = profile.student, profile.backbone_init == "starter"
    guidance = serving_config(profile).sampler.guidance

    def build(folder: Path) -> Built:
        return _distilled(
            folder,
            averaged_model.folder,
            latents.folder / INDEX,
            recipe,
            guidance,
            start=start,
            told=_told(context),
        )

    given: dict[str, Any] = {"recipe": asdict(recipe), "guidance": guidance}
    if start:
        given["start"] = sha256_file(STUDENT / WEIGHTS)
    inputs = {"latents": latents, "averaged_model": averaged_model}
    return store.produce(context, build=build, inputs=inputs, settings=given, tracked=True)


@dg.asset_check(asset=student_model, blocking=True)
def student_is_near(student_model: Artifact) -> dg.AssetCheckResult:
    """Every figure is finite, and one jump ends nearer to held-out paths than one step of the teacher does."""
    from math import isfinite

    figures = read_json(student_model.folder / _FIGURES)
    nearer = figures["error_1"] < figures["teacher_error_1"] or student_model.meta["steps"] < _SHORT
    return dg.AssetCheckResult(
        passed=all(map(isfinite, figures.values())) and nearer,
        description=", ".join(
            f"{steps} jumps end {figures[f'error_{steps}']:.3f} away (teacher {figures[f'teacher_error_{steps}']:.3f})"
            for steps in (1, 2, 4)
        ),
        metadata={name: dg.MetadataValue.float(value) for name, value in figures.items()},
    )


def _distilled(
    folder: Path,
    teacher: Path,
    latents: Path,
    recipe: StudentRecipe,
    guidance: float,
    *,
    start: bool,
    told: Progress,
) -> Built:
    import torch

    from models.backbone import load_backbone
    from models.distillation import STUDENTS, jump_terms, nearness, start_from
    from models.training.solo import Solo

    network = load_backbone(teacher)
    index = paths(folder / SCRATCH / "paths", network, latents, recipe, guidance, told)
    torch.manual_seed(recipe.seed)
    student = STUDENTS.started(teacher, recipe.rank)
    fitted = start_from(student, STUDENT, BACKBONE) if start else 0
    Solo.of(recipe, student, jump_terms(student, index, GROUP, recipe.batch, recipe.seed), folder, told).run()
    STUDENTS.save(student, teacher, recipe.rank, folder)
    figures = nearness(STUDENTS.load(folder, teacher), network, index, GROUP, guidance)
    write_json(folder / _FIGURES, figures)
    meta = {"steps": recipe.steps, "paths": recipe.paths, "tensors_from_starter": fitted}
    return Built(meta=meta, metrics=figures, pictures=[curve(folder)], history=folder / _HISTORY)


def paths(
    folder: Path, teacher: "Backbone", latents: Path, recipe: StudentRecipe, guidance: float, progress: Progress
) -> Path:
    """Draw the teacher's paths for captions of the latents, each shard once, and write the index over them.

    Args:
        folder: Gets the shards; finished ones are kept, and belong to this teacher.
        teacher: Whose paths they are.
        latents: Index of the latents whose captions and sizes are taken.
        recipe: How many.
        guidance: Of the paths.
        progress: Called with (shards done, shards in all, {}).

    Returns:
        The index.
    """
    from models.training.shards import open_shards

    shards = open_shards(latents)
    write_shard(folder / NULL, {name: value.numpy() for name, value in shards.null.items()})
    # Apart, so that held-out paths begin where no path began that was trained on.
    seeds: dict[Split, tuple[int, ...]] = {"train": (recipe.seed,), "validation": (1, recipe.seed)}
    planned = []
    for split, count in _counts(recipe).items():
        found = shards.group(GROUP, split)
        for number, bucket in enumerate(found):
            planned += _shares(split, bucket, len(range(number, count, len(found))))
    for done, (part, bucket, places) in enumerate(planned, 1):
        if not (folder / part.name).exists():
            write_shard(folder / part.name, _drawn(teacher, bucket, places, shards.null, seeds[part.split], guidance))
        progress(done, len(planned), {})
    write_index(folder, [part for part, _, _ in planned], teacher.config.text)
    return folder / INDEX


def _counts(recipe: StudentRecipe) -> dict[Split, int]:
    return {"train": recipe.paths, "validation": recipe.held_out}


def _shares(split: Split, bucket: "Bucket", count: int) -> list[tuple[Part, "Bucket", range]]:
    """Shards of the paths of a bucket, and which of its paths each holds."""
    frames, height, width = (STRIDE * size for size in bucket.size)
    starts = range(0, count, _SHARD)
    return [
        (Part(GROUP, split, height, width, frames, (), number), bucket, range(start, min(start + _SHARD, count)))
        for number, start in enumerate(starts)
    ]


def _drawn(
    teacher: "Backbone", bucket: "Bucket", places: range, null: "Batch", seeds: tuple[int, ...], guidance: float
) -> dict[str, NDArray[np.generic]]:
    """The captions of a shard and a path of each; a caption comes again, with another noise, when there are no more."""
    import torch

    from models.distillation import drawn_paths
    from models.text.config import TEXT_NAMES

    samples = bucket.gather([place % len(bucket) for place in places])
    text = {name: samples[name] for name in TEXT_NAMES}
    shape = (teacher.config.latent_channels, *bucket.size)
    noise = [np.random.default_rng([*seeds, *bucket.size, at]).standard_normal(shape, np.float32) for at in places]
    drawn = drawn_paths(teacher, torch.from_numpy(np.stack(noise)), text, null, guidance, _BATCH)
    masks = {name: value.to(torch.uint8) if value.dtype == torch.bool else value.half() for name, value in text.items()}
    return {name: value.numpy() for name, value in (drawn | masks).items()}


def _told(context: dg.AssetExecutionContext) -> Progress:
    """Progress in the run's log."""

    def tell(step: int, steps: int, terms: Mapping[str, float]) -> None:
        shown = ", ".join(f"{name} {value:.4g}" for name, value in terms.items())
        context.log.info("%s %d of %d %s", "step" if terms else "paths: shard", step, steps, shown)

    return tell
