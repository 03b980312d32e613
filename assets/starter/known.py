"""The starter for known frames: ``python -m assets.starter.known FOLDER`` teaches the starter backbone to take them.

It learns to go on from a picture, to end at one, and to go on from latent frames (:mod:`models.backbone.known`), by
changes of low rank. Latents and state are kept under ``FOLDER``, so that a training which is killed goes on where it
was.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assets.starter.latents import HIGH, VIDEOS, encode
from assets.starter.progress import Progress, teller
from models.files import write_json
from models.precision import autocast
from models.recipes import DataMix, Split, demo
from models.solo_recipe import SoloRecipe
from models.starter import BACKBONE

if TYPE_CHECKING:
    from torch import Tensor

    from models.backbone import Backbone
    from models.training.solo import Draw, Loss

_FIRST = 200_000  # clips from here on: those that the teacher was not trained with


@dataclass(frozen=True)
class KnownRecipe(SoloRecipe):
    """One-process training of a backbone that takes known frames.

    Attributes:
        teacher: Folder of the backbone that it changes.
        videos, high: How many clips are encoded; ``high`` are of more sizes and twice the length.
        rank: Of the changes to its matrices.
        batch, high_batch: Clips of a batch; there is one of each kind in turn.
    """

    teacher: Path = BACKBONE
    videos: int = 3072
    high: int = 3072
    rank: int = 32
    steps: int = 3000
    batch: int = 16
    high_batch: int = 6
    warmup: int = 20
    settling: float = 0.3
    ema_decay: float = 0.98
    caption_dropout: float = 0.1


RECIPE = KnownRecipe()


def train(recipe: KnownRecipe, folder: Path, progress: Progress | None = None) -> "Backbone":
    """The network, trained to the recipe's last step from where an earlier call was stopped."""
    import torch

    from models.distillation import KNOWN_FRAMES
    from models.training.solo import Solo

    torch.manual_seed(recipe.seed)
    model = KNOWN_FRAMES.started(recipe.teacher, recipe.rank)
    counts: dict[tuple[str, Split], int] = {(VIDEOS, "train"): recipe.videos, (HIGH, "train"): recipe.high}
    latents = folder / "latents"
    index = encode(latents, demo().world, model.config.text, counts, start=_FIRST, ends=True, rates=demo().rates)
    Solo.of(recipe, model, known_terms(recipe, model, index), folder, progress).run()
    return model


def known_terms(recipe: KnownRecipe, model: "Backbone", index: Path) -> "Loss":
    """The loss of a step: clips of which what chance decides is given, where they are not known whole."""
    import torch

    from models.backbone.known import drawn_given, known_frames
    from models.flow import logit_normal_times, position, velocity
    from models.training.batches import Batches
    from models.training.shards import open_shards
    from models.training.texts import text_of, with_dropped, without_padding

    batches = {VIDEOS: recipe.batch, HIGH: recipe.high_batch}
    groups = [Batches((DataMix(str(index), group),), size, recipe.seed) for group, size in batches.items()]
    null = open_shards(index).null

    def loss(step: int, draw: "Draw") -> "dict[str, Tensor]":
        visit, number = divmod(step, len(groups))
        batch = without_padding(groups[number].batch(visit, 0, 1))
        latent, first, last = (batch.pop(name) for name in ("latent", "first", "last"))
        dropped = torch.rand(len(latent), generator=draw.torch) < recipe.caption_dropout
        text = text_of(with_dropped(batch, dropped, null))
        given = drawn_given(torch.rand(len(latent), 2, generator=draw.torch), latent.shape[2])
        known = known_frames(latent, first, last, given)
        times = logit_normal_times(len(latent), draw.torch)
        noise = torch.randn(latent.shape, generator=draw.torch)
        with autocast():
            predicted = model(position(latent, noise, times), times, text, known_BKTHW=known)
        error = (predicted.float() - velocity(latent, noise)).square().mean((1, 3, 4))
        wanted = torch.arange(latent.shape[2]) >= given.whole.unsqueeze(1)
        return {"loss": error[wanted].mean()}

    return loss


def main(folder: Path) -> None:
    """Train, and leave the changes and ``figures.json`` in ``folder``."""
    import torch

    from models.distillation import KNOWN_FRAMES
    from models.distillation.lowrank import trained

    torch.set_num_threads(1)  # one order of sums
    model = train(RECIPE, folder, teller())
    KNOWN_FRAMES.save(model, RECIPE.teacher, RECIPE.rank, folder)
    write_json(folder / "figures.json", {"parameters": sum(value.numel() for value in trained(model).values())})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
