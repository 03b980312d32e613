"""The starter backbone: ``python -m assets.starter.backbone FOLDER`` trains it on latents of the starter autoencoder.

With the folder of a trained model as a second argument, that one is trained further instead of a new one.
Latents and state are kept under ``FOLDER``, so that a training which is killed goes on where it was, and one whose
recipe has got more steps goes on from its last checkpoint.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assets.starter.latents import HIGH, IMAGES, VIDEOS, encode
from assets.starter.progress import Progress, teller
from models.files import write_json
from models.precision import autocast
from models.recipes import STARTER_BACKBONE, BackboneConfig, DataMix, Split, demo
from models.solo_recipe import SoloRecipe

if TYPE_CHECKING:
    from torch import Tensor

    from models.backbone import Backbone
    from models.training.solo import Draw, Loss

_SHOWN = 64  # validation samples of each group


@dataclass(frozen=True)
class StarterRecipe(SoloRecipe):
    """One-process training of a backbone: on images first, then on images and videos.

    Attributes:
        init: Folder of the model that is trained further; None begins anew.
        images, videos, high: How many are encoded for training; ``high`` are videos of more sizes and twice the length.
        image_steps: Steps on images alone, of ``steps``.
        turns: Whose batch each step after them takes, in turn. Images show four times as many kinds for their time.
        image_batch, video_batch, high_batch: Samples of a batch.
    """

    model: BackboneConfig = STARTER_BACKBONE
    init: Path | None = None
    images: int = 12288
    videos: int = 6144
    high: int = 0
    steps: int = 5600
    settling: float = 0.2
    image_steps: int = 400
    turns: tuple[str, ...] = (IMAGES, VIDEOS)
    image_batch: int = 64
    video_batch: int = 40
    high_batch: int = 12
    caption_dropout: float = 0.1


RECIPE = StarterRecipe()


def further(init: Path) -> StarterRecipe:
    """The recipe that trains a model further, on wider, taller and longer videos too."""
    return replace(
        RECIPE,
        init=init,
        high=6144,
        steps=4000,
        settling=0.4,
        image_steps=0,
        turns=(IMAGES, VIDEOS, HIGH, HIGH),
    )


def train(recipe: StarterRecipe, folder: Path, progress: Progress | None = None) -> "Backbone":
    """The backbone, trained to the recipe's last step from where an earlier call was stopped."""
    import torch

    from models.backbone import Backbone, initialise_from
    from models.training.solo import Solo

    index = encode(folder / "latents", demo().world, recipe.model.text, shown(recipe), rates=demo().rates)
    torch.manual_seed(recipe.seed)
    model = Backbone(recipe.model)
    if recipe.init is not None:
        initialise_from(model, recipe.init)
    Solo.of(recipe, model, flow_terms(recipe, model, index), folder, progress).run()
    return model


def shown(recipe: StarterRecipe) -> dict[tuple[str, Split], int]:
    """How many clips of each group and split are encoded."""
    trained = {IMAGES: recipe.images, VIDEOS: recipe.videos, HIGH: recipe.high}
    counts: dict[tuple[str, Split], int] = {}
    for group, count in trained.items():
        if count:
            counts |= {(group, "train"): count, (group, "validation"): _SHOWN}
    return counts


def flow_terms(recipe: StarterRecipe, model: "Backbone", index: Path) -> "Loss":
    """The loss of a step: on images in the first steps, then on each group in turn."""
    import torch

    from models.flow import flow_loss, logit_normal_times
    from models.training.batches import Batches
    from models.training.shards import open_shards
    from models.training.texts import text_of, with_dropped, without_padding

    sizes = {IMAGES: recipe.image_batch, VIDEOS: recipe.video_batch, HIGH: recipe.high_batch}
    groups = {group: Batches((DataMix(str(index), group),), sizes[group], recipe.seed) for group in set(recipe.turns)}
    null = open_shards(index).null

    def loss(step: int, draw: "Draw") -> "dict[str, Tensor]":
        group = _group(recipe, step)
        visit = sum(_group(recipe, earlier) == group for earlier in range(step))
        batch = without_padding(groups[group].batch(visit, 0, 1))
        latent = batch.pop("latent")
        dropped = torch.rand(len(latent), generator=draw.torch) < recipe.caption_dropout
        text = text_of(with_dropped(batch, dropped, null))
        times = logit_normal_times(len(latent), draw.torch)
        noise = torch.randn(latent.shape, generator=draw.torch)
        with autocast():
            error = flow_loss(lambda x, t: model(x, t, text), latent, times, noise)
        return {"loss": error, group: error.detach()}

    return loss


def _group(recipe: StarterRecipe, step: int) -> str:
    """Whose batch a step takes."""
    return IMAGES if step < recipe.image_steps else recipe.turns[step % len(recipe.turns)]


def main(folder: Path, init: Path | None = None) -> None:
    """Train, anew or from ``init`` on, and leave the model and ``figures.json`` in ``folder``."""
    import torch

    from models.backbone import save_backbone

    torch.set_num_threads(1)  # one order of sums
    model = train(RECIPE if init is None else further(init), folder, teller())
    save_backbone(model.bfloat16(), folder)
    write_json(folder / "figures.json", {"parameters": sum(p.numel() for p in model.parameters())})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
