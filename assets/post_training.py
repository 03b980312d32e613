"""Post-training from the average: personalization, editing, image to video, and sound."""

from dataclasses import replace
from typing import Any

import dagster as dg

from assets.artifact import Artifact
from assets.code_version import code_version
from assets.ports import Launcher, Settings
from assets.store import Store
from assets.training import learned, trained
from assets.training_recipes import audio_recipe, editing_recipe, high_resolution, image_to_video_recipe, stage_recipe

_ASSET: dict[str, Any] = {
    "group_name": "post_training",
    "kinds": {"pytorch", "lightning", "deepspeed"},
    "owners": ["team:models"],
    "code_version": code_version(__name__),
}


@dg.asset(**_ASSET)
def personalized_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    averaged_model: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The averaged backbone with a reference image's tokens beside the text.

    It starts as the averaged model, which ignores the reference: ``validation_initial`` is that baseline.
    ``validation_control`` is the loss when each sample is given another one's reference.
    """
    profile = settings.profile
    recipe = stage_recipe(
        "personalization",
        profile.personalization,
        replace(high_resolution(profile), reference=True),
        latents.folder,
        weights={"personalization": 1.0},
        validation=["personalization"],
        init=averaged_model.folder,
    )
    return trained(context, store, launcher, recipe, {"latents": latents, "averaged_model": averaged_model})


@dg.asset(**_ASSET)
def editing_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    averaged_model: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The averaged backbone with the latent of the video to be edited on further channels.

    Each sixth batch is of plain videos, without a source. It starts as the averaged model, which ignores the source:
    ``validation_initial`` is that baseline. ``validation_control`` is the loss when each instruction is given another
    sample's source.
    """
    recipe = editing_recipe(settings.profile, latents.folder, averaged_model.folder)
    return trained(context, store, launcher, recipe, {"latents": latents, "averaged_model": averaged_model})


@dg.asset(**_ASSET)
def image_to_video_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    averaged_model: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The averaged backbone with what is known of a clip on further channels: its ends, or its first latent frames.

    It starts as the averaged model and, if that came from the packaged starter, what the packaged network for known
    frames has more than the starter: ``validation_initial`` is that baseline. The first picture of each validation clip
    is known; ``validation_control`` is the loss when each clip is given another one's.
    """
    recipe = image_to_video_recipe(settings.profile, latents.folder, averaged_model.folder)
    return trained(context, store, launcher, recipe, {"latents": latents, "averaged_model": averaged_model})


@dg.asset(**_ASSET)
def audio_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The video-to-audio model, from random weights: ``validation_initial`` is the untrained baseline.

    ``validation_control`` is the loss when each sound is given another sample's video.
    """
    return trained(context, store, launcher, audio_recipe(settings.profile, latents.folder), {"latents": latents})


@dg.asset_check(asset=personalized_model, blocking=True)
def personalized_model_learned(personalized_model: Artifact) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below that of the averaged model."""
    return learned(personalized_model)


@dg.asset_check(asset=editing_model, blocking=True)
def editing_model_learned(editing_model: Artifact) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below that of the averaged model."""
    return learned(editing_model)


@dg.asset_check(asset=image_to_video_model, blocking=True)
def image_to_video_model_learned(image_to_video_model: Artifact) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below that of the model that it started as."""
    return learned(image_to_video_model)


@dg.asset_check(asset=audio_model, blocking=True)
def audio_model_learned(audio_model: Artifact) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below that of the untrained model."""
    return learned(audio_model)
