"""Warm start: the weights that a run's trainings begin with: the champion's, or the packaged starter's."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import DONE, Artifact, Built
from assets.code_version import code_version
from assets.ports import Registry, Settings
from assets.store import Store
from assets.training_recipes import high_resolution
from models.autoencoder_recipe import AutoencoderRecipe
from models.files import sha256_file
from models.recipes import Profile
from models.starter import AUTOENCODER, BACKBONE, WEIGHTS

_FILES = (WEIGHTS, "config.json")
TAGS = {"backbone": "store.averaged_model", "autoencoder": "store.autoencoder", "origin": "store.warm_start"}
"""Tags of a model version: the folders in the store that it was made of, and what its trainings began with."""

LEARNT = "learnt_before"
"""Tag of a model version: digests of the dataset versions that what it began with had been trained on, with commas."""


class OriginMissing(LookupError):
    """A champion's weights cannot be trained further: they are gone, or of another size."""


@dataclass(frozen=True)
class Origin:
    """Weights to begin with: folders that hold a model each.

    Attributes:
        name: Whose they are.
        backbone, autoencoder: Of the backbone, and of the autoencoder whose latents it reads.
        learnt: Digests of the dataset versions that they were trained on: their licences go on to what is made of them.
    """

    name: str
    backbone: Path
    autoencoder: Path
    learnt: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, Path]:
        """The folders by what they hold."""
        return {"backbone": self.backbone, "autoencoder": self.autoencoder}


STARTER = Origin("the packaged starter", BACKBONE, AUTOENCODER)


@dg.asset(group_name="pretraining", kinds={"safetensors"}, owners=["team:models"], code_version=code_version(__name__))
def warm_start(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    registry: dg.ResourceParam[Registry],
    dataset: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """What the trainings of a run begin with; nothing in a profile that begins at random.

    Where there is a champion, its averaged backbone and its autoencoder: retraining continues it. A champion that was
    trained on this very dataset has learnt it: the run begins where that one did, and what has not changed is found
    finished. Without a champion, or where its weights are gone or of another size, the packaged starter.
    """
    profile = settings.profile
    if profile.backbone_init is None:
        return store.produce(context, build=_nothing)
    origin = STARTER
    champion = registry.aliased("champion")
    if champion is not None:
        try:
            origin = continued(champion.number, champion.tags, store.root, str(dataset.meta["dvc_md5"]), profile)
        except OriginMissing as error:
            context.log.warning("begins with %s: %s", STARTER.name, error)
    context.log.info("begins with %s", origin.name)

    def build(folder: Path) -> Built:
        for part, source in origin.parts.items():
            (folder / part).mkdir(exist_ok=True)
            for name in _FILES:
                shutil.copyfile(source / name, folder / part / name)
        return Built(meta={"from": origin.name, LEARNT: list(origin.learnt)})

    given = {part: [sha256_file(source / name) for name in _FILES] for part, source in origin.parts.items()}
    if origin.learnt:
        given[LEARNT] = list(origin.learnt)
    return store.produce(context, build=build, settings=given)


def _nothing(_folder: Path) -> Built:
    return Built(meta={"from": "random weights"})


def continued(number: int, tags: Mapping[str, str], store: Path, dataset_digest: str, profile: Profile) -> Origin:
    """Where a run on a dataset begins whose champion is a version with these tags.

    Args:
        number: Of the version.
        tags: Its tags.
        store: The root of the store.
        dataset_digest: Of the run's dataset.
        profile: Whose sizes the weights must have.

    Raises:
        OriginMissing: The weights are gone, or of another size.
    """
    if missing := [tag for tag in TAGS.values() if tag not in tags]:
        raise OriginMissing(f"version {number} has no tags {missing}: it was registered before there were any")
    folders = {part: store / tags[tag] for part, tag in TAGS.items()}
    learnt = learnt_before(tags)
    if tags["dataset_digest"] == dataset_digest:
        began = folders["origin"]
        found = Origin(f"what version {number} began with", began / "backbone", began / "autoencoder", learnt)
    else:
        learnt = tuple(dict.fromkeys([*learnt, tags["dataset_digest"]]))
        found = Origin(f"version {number}", folders["backbone"], folders["autoencoder"], learnt)
    for part in found.parts:
        _require(part, found, profile)
    return found


def learnt_before(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Digests of the dataset versions that what a model version began with had been trained on."""
    return tuple(filter(None, tags.get(LEARNT, "").split(",")))


def begun(recipe: AutoencoderRecipe, start: Artifact) -> AutoencoderRecipe:
    """An autoencoder's recipe with the folder of a warm start in the place of ``starter``."""
    return recipe if recipe.init != "starter" else replace(recipe, init=str(start.folder / "autoencoder"))


def backbone_of(start: Artifact, profile: Profile) -> Path | None:
    """The folder of the backbone that the first stage begins with; None begins at random."""
    return None if profile.backbone_init is None else start.folder / "backbone"


def _require(part: str, origin: Origin, profile: Profile) -> None:
    """Raise OriginMissing unless there are such weights, and of the profile's sizes."""
    from models.autoencoder import load_autoencoder
    from models.backbone import load_backbone

    folder = origin.parts[part]
    finished = (folder / DONE).exists() or (folder.parent / DONE).exists()
    if not finished or not all((folder / name).exists() for name in _FILES):
        raise OriginMissing(f"{folder}, the {part} of {origin.name}, is gone")
    found: Any
    wanted: Any
    if part == "autoencoder":
        found, wanted = load_autoencoder(folder).config, profile.autoencoder.model
    else:
        found, wanted = load_backbone(folder).config, high_resolution(profile)
        if all(map(int.__le__, found.positions, wanted.positions)):  # tables may grow
            found = replace(found, positions=wanted.positions)
    if found != wanted:
        raise OriginMissing(f"the {part} of {origin.name} is {found}, and the recipe asks for {wanted}")
