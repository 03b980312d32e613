"""Pretraining: one backbone for images and videos, in three stages that each start from the last."""

from typing import Any

import dagster as dg

from assets.artifact import Artifact
from assets.code_version import code_version
from assets.ports import Launcher, Settings
from assets.store import Store
from assets.training import learned, trained
from assets.training_recipes import high_resolution, holding, low_resolution, stage_recipe
from assets.warm_start import backbone_of

_ASSET: dict[str, Any] = {
    "group_name": "pretraining",
    "kinds": {"pytorch", "lightning", "deepspeed"},
    "owners": ["team:models"],
    "code_version": code_version(__name__),
}


@dg.asset(**_ASSET)
def image_low(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    warm_start: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The backbone after text-to-image training at low resolution, from the run's warm start or from random weights."""
    profile = settings.profile
    init = backbone_of(warm_start, profile)
    recipe = stage_recipe(
        "image_low",
        profile.image_low,
        holding(low_resolution(profile), init),
        latents.folder,
        weights={"image-low": 1.0},
        validation=["image-low"],
        init=init,
    )
    return trained(context, store, launcher, recipe, {"latents": latents, "warm_start": warm_start})


@dg.asset(**_ASSET)
def joint_low(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    image_low: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The backbone after joint training on videos and images at low resolution, three to one."""
    profile = settings.profile
    recipe = stage_recipe(
        "joint_low",
        profile.joint_low,
        holding(low_resolution(profile), image_low.folder),
        latents.folder,
        weights={"video-low": 3.0, "image-low": 1.0},
        validation=["video-low"],
        init=image_low.folder,
    )
    return trained(context, store, launcher, recipe, {"latents": latents, "image_low": image_low})


@dg.asset(**_ASSET)
def joint_high(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    launcher: dg.ResourceParam[Launcher],
    settings: dg.ResourceParam[Settings],
    latents: Artifact,
    joint_low: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The backbone after joint training at higher resolution and length, to which its position tables grow."""
    profile = settings.profile
    recipe = stage_recipe(
        "joint_high",
        profile.joint_high,
        high_resolution(profile),
        latents.folder,
        weights={"video-high": 3.0, "video-footage": 0.3, "image-low": 0.5},
        validation=["video-high"],
        init=joint_low.folder,
    )
    return trained(context, store, launcher, recipe, {"latents": latents, "joint_low": joint_low})


@dg.asset_check(asset=image_low, blocking=True)
def image_low_learned(image_low: Artifact, settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below its start; of a warm start, no more than 2% above."""
    return learned(image_low, warm=settings.profile.backbone_init is not None)


@dg.asset_check(asset=joint_low, blocking=True)
def joint_low_learned(joint_low: Artifact, settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below its start; of a warm start, no more than 2% above."""
    return learned(joint_low, warm=settings.profile.backbone_init is not None)


@dg.asset_check(asset=joint_high, blocking=True)
def joint_high_learned(joint_high: Artifact, settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Losses are finite and the validation flow loss ended below its start; of a warm start, no more than 2% above."""
    return learned(joint_high, warm=settings.profile.backbone_init is not None)
