"""From a profile's numbers to the recipe of one launched training."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.files import read_json
from models.recipes import BackboneConfig, DataMix, Profile, Stage, TrainingRecipe

INDEX = "index.json"
OPTIONAL_GROUPS = frozenset({"video-footage"})  # no footage may have been good enough

_KNOWN_GROUPS = {"video-low": 0.3, "video-high": 0.7}  # of ``WITH_ENDS``

_PIXELS_A_POSITION = 16  # latent stride 8, patch 2
_FRAMES_A_POSITION = 8


class NoLatents(RuntimeError):
    """A group that a stage trains on is not in the latents."""


def low_resolution(profile: Profile) -> BackboneConfig:
    """The backbone of the first two stages: position tables for the low size."""
    return _with_positions(profile.backbone, profile.frames_low, (profile.size_low,))


def high_resolution(profile: Profile) -> BackboneConfig:
    """The backbone from the third stage on: position tables for every high size too."""
    return _with_positions(low_resolution(profile), profile.frames_high, profile.sizes_high)


def holding(model: BackboneConfig, folder: Path | None) -> BackboneConfig:
    """A backbone whose position tables are no smaller than those of the one in ``folder``, which it begins with."""
    if folder is None:
        return model
    began = read_json(folder / "config.json")["model"]["positions"]
    time, height, width = map(max, model.positions, began)
    return replace(model, positions=(time, height, width))


def mix(latents: Path, weights: Mapping[str, float]) -> tuple[DataMix, ...]:
    """Groups of a latent index, by weight; an optional group that the index lacks is left out.

    Raises:
        NoLatents: It lacks another one.
    """
    index = latents / INDEX
    found = {shard["group"] for shard in read_json(index)["shards"] if shard["count"] and shard["split"] == "train"}
    if missing := weights.keys() - found - OPTIONAL_GROUPS:
        raise NoLatents(f"{index} has no training samples of {sorted(missing)}, only of {sorted(found)}")
    return tuple(DataMix(str(index), group, weight) for group, weight in weights.items() if group in found)


def stage_recipe(
    name: str,
    stage: Stage,
    model: BackboneConfig,
    latents: Path,
    *,
    weights: Mapping[str, float],
    validation: Sequence[str],
    init: Path | None,
) -> TrainingRecipe:
    """The recipe of a backbone stage.

    Args:
        name: Shown in logs.
        stage: Its numbers; its own group weights come over ``weights``.
        model: Sizes and conditions.
        latents: Folder of the latent index.
        weights: Groups to train on.
        validation: Groups to validate on.
        init: Folder of the model to start from; None starts at random.
    """
    return TrainingRecipe(
        name=name,
        method="video",
        model=model,
        data=mix(latents, {**weights, **dict(stage.group_weights)}),
        validation=mix(latents, dict.fromkeys(validation, 1.0)),
        init=None if init is None else str(init),
        steps=stage.steps,
        batch_size=stage.batch_size,
        learning_rate=stage.learning_rate,
        schedule=stage.schedule,
        position_rate=stage.position_rate,
        learning_rate_last=stage.learning_rate_last,
        warmup=_warmup(stage),
        checkpoint_every=_interval(stage),
        seed=stage.seed,
    )


def editing_recipe(profile: Profile, latents: Path, init: Path) -> TrainingRecipe:
    """The recipe of the editing model, from the one in ``init``.

    Five batches of edits for one of plain videos, whose source is black (Movie Gen 5, stage I): the model still knows
    what to draw without a source, which guidance by the source compares with.
    """
    return stage_recipe(
        "editing",
        profile.editing,
        replace(high_resolution(profile), source=True),
        latents,
        weights={"editing": 5.0, "video-high": 1.0},
        validation=["editing"],
        init=init,
    )


def image_to_video_recipe(profile: Profile, latents: Path, init: Path) -> TrainingRecipe:
    """The recipe of the model that takes known frames, from the one in ``init``.

    Where the backbone began as the packaged starter, what the packaged network for known frames has more than that is
    added first: the few steps then only fit it to the sizes, the latents and the weights of this run.
    """
    recipe = stage_recipe(
        "image_to_video",
        profile.image_to_video,
        replace(high_resolution(profile), known=True),
        latents,
        weights=_KNOWN_GROUPS,
        validation=list(_KNOWN_GROUPS),
        init=init,
    )
    return replace(recipe, method="known", changes="known" if profile.backbone_init == "starter" else None)


def audio_recipe(profile: Profile, latents: Path) -> TrainingRecipe:
    """The recipe of the audio model, from random weights."""
    stage = profile.audio
    data = mix(latents, {"audio": 1.0})
    return TrainingRecipe(
        name="audio",
        method="audio",
        model=profile.audio_model,
        data=data,
        validation=data,
        steps=stage.steps,
        batch_size=stage.batch_size,
        learning_rate=stage.learning_rate,
        schedule=stage.schedule,
        learning_rate_last=stage.learning_rate_last,
        warmup=_warmup(stage),
        checkpoint_every=_interval(stage),
        seed=stage.seed,
    )


def _warmup(stage: Stage) -> int:
    return max(1, min(20, stage.steps // 10))


def _interval(stage: Stage) -> int:
    """Steps between checkpoints: a kill loses a quarter of a short stage, two hundred steps of a long one."""
    return min(200, max(25, stage.steps // 4))


def _with_positions(model: BackboneConfig, frames: int, sizes: Sequence[tuple[int, int]]) -> BackboneConfig:
    time, height, width = model.positions
    return replace(
        model,
        positions=(
            max(time, -(-frames // _FRAMES_A_POSITION)),
            max(height, *(size[0] // _PIXELS_A_POSITION for size in sizes)),
            max(width, *(size[1] // _PIXELS_A_POSITION for size in sizes)),
        ),
    )
