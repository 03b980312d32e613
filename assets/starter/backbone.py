"""The starter backbone: ``python -m assets.starter.backbone FOLDER`` trains it on latents of the starter autoencoder.

With the folder of a trained model as a second argument, that one is trained further instead of a new one.
Latents and state are kept under ``FOLDER``, so that a training which is killed goes on where it was, and one whose
recipe has got more steps goes on from its last checkpoint.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assets.starter.latents import IMAGES, VIDEOS, encode
from assets.starter.progress import Progress, teller
from models.files import write_json
from models.precision import autocast
from models.recipes import STARTER_BACKBONE, BackboneConfig, DataMix, Split, demo
from models.solo_recipe import SoloRecipe

if TYPE_CHECKING:
    from torch import Tensor

    from models.backbone import Backbone
    from models.training.solo import Draw, Loss

_EVERY_OTHER = 2  # joint batches hold images, which show four times as many kinds for their time, the others videos
_SHOWN = 64  # validation samples of each group


@dataclass(frozen=True)
class StarterRecipe(SoloRecipe):
    """One-process training of a backbone: on images first, then on images and videos.

    Attributes:
        init: Folder of the model that is trained further; None begins anew.
        images, videos: How many are encoded for training.
        image_steps: Steps on images alone, of ``steps``.
        image_batch, video_batch: Samples of a batch.
    """

    model: BackboneConfig = STARTER_BACKBONE
    init: Path | None = None
    images: int = 12288
    videos: int = 6144
    steps: int = 5600
    settling: float = 0.2
    image_steps: int = 400
    image_batch: int = 64
    video_batch: int = 40
    caption_dropout: float = 0.1


RECIPE = StarterRecipe()
_FURTHER_STEPS = 3000


def further(init: Path) -> StarterRecipe:
    """The recipe that trains a model further: no steps on images alone."""
    return replace(RECIPE, init=init, steps=_FURTHER_STEPS, image_steps=0)


def train(recipe: StarterRecipe, folder: Path, progress: Progress | None = None) -> "Backbone":
    """The backbone, trained to the recipe's last step from where an earlier call was stopped."""
    import torch

    from models.backbone import Backbone, initialise_from
    from models.training.solo import Solo

    counts: dict[tuple[str, Split], int] = {
        (IMAGES, "train"): recipe.images,
        (IMAGES, "validation"): _SHOWN,
        (VIDEOS, "train"): recipe.videos,
        (VIDEOS, "validation"): _SHOWN,
    }
    index = encode(folder / "latents", demo().world, recipe.model.text, counts)
    torch.manual_seed(recipe.seed)
    model = Backbone(recipe.model)
    if recipe.init is not None:
        initialise_from(model, recipe.init)
    Solo.of(recipe, model, flow_terms(recipe, model, index), folder, progress).run()
    return model


def flow_terms(recipe: StarterRecipe, model: "Backbone", index: Path) -> "Loss":
    """The loss of a step: images in the first steps and in every other after them, else videos."""
    import torch

    from models.flow import flow_loss, logit_normal_times
    from models.training.batches import Batches
    from models.training.shards import open_shards
    from models.training.texts import text_of, with_dropped, without_padding

    images = Batches((DataMix(str(index), IMAGES),), recipe.image_batch, recipe.seed)
    videos = Batches((DataMix(str(index), VIDEOS),), recipe.video_batch, recipe.seed)
    null = open_shards(index).null

    def loss(step: int, draw: "Draw") -> "dict[str, Tensor]":
        still = step < recipe.image_steps or step % _EVERY_OTHER == 0
        batch = without_padding((images if still else videos).batch(step, 0, 1))
        latent = batch.pop("latent")
        dropped = torch.rand(len(latent), generator=draw.torch) < recipe.caption_dropout
        text = text_of(with_dropped(batch, dropped, null))
        times = logit_normal_times(len(latent), draw.torch)
        noise = torch.randn(latent.shape, generator=draw.torch)
        with autocast():
            error = flow_loss(lambda x, t: model(x, t, text), latent, times, noise)
        return {"loss": error, "image" if still else "video": error.detach()}

    return loss


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
