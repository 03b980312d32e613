"""The starter at high sizes: ``python -m assets.starter.large FOLDER`` teaches the starter backbone the demo's sizes.

It learns clips of four seconds at every high size by changes of low rank and by longer position tables. Latents and
state are kept under ``FOLDER``, so that a training which is killed goes on where it was.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assets.starter.latents import LARGE, VIDEOS, encode
from assets.starter.progress import Progress, teller
from assets.starter.recipe import SoloRecipe
from models.files import write_json
from models.recipes import DataMix, Split, demo
from models.starter import BACKBONE

if TYPE_CHECKING:
    from torch import Tensor

    from models.backbone import Backbone
    from models.training.solo import Draw, Loss

_FIRST = 300_000  # clips from here on: those that the teacher was not trained with


@dataclass(frozen=True)
class LargeRecipe(SoloRecipe):
    """One-process training of a backbone at high sizes.

    Attributes:
        teacher: Folder of the backbone that it changes.
        videos: How many clips are encoded at high sizes.
        small: How many at the teacher's.
        small_every: Each so manieth batch is of those, four times as many in a batch.
        rank: Of the changes to its matrices.
        batch: Clips of a batch at high sizes.
    """

    teacher: Path = BACKBONE
    videos: int = 1920
    small: int = 512
    small_every: int = 8
    rank: int = 12
    steps: int = 2400
    batch: int = 10
    warmup: int = 20
    settling: float = 0.5
    ema_decay: float = 0.99
    caption_dropout: float = 0.1


RECIPE = LargeRecipe()


def train(recipe: LargeRecipe, folder: Path, progress: Progress | None = None) -> "Backbone":
    """The network, trained to the recipe's last step from where an earlier call was stopped."""
    import torch

    from models import distillation

    torch.manual_seed(recipe.seed)
    model = distillation.LARGE.started(recipe.teacher, recipe.rank)
    counts: dict[tuple[str, Split], int] = {(LARGE, "train"): recipe.videos, (VIDEOS, "train"): recipe.small}
    index = encode(folder / "latents", demo().world, model.config.text, counts, start=_FIRST)
    recipe.train(model, terms(recipe, model, index), folder, progress)
    return model


def terms(recipe: LargeRecipe, model: "Backbone", index: Path) -> "Loss":
    """The loss of a step."""
    import torch

    from models.flow import flow_loss, logit_normal_times
    from models.training.batches import Batches
    from models.training.shards import open_shards
    from models.training.texts import text_of, with_dropped, without_padding

    large = Batches((DataMix(str(index), LARGE),), recipe.batch, recipe.seed)
    small = Batches((DataMix(str(index), VIDEOS),), 4 * recipe.batch, recipe.seed)
    null = open_shards(index).null

    def loss(step: int, draw: "Draw") -> "dict[str, Tensor]":
        is_small = step % recipe.small_every == 0
        batch = without_padding((small if is_small else large).batch(step, 0, 1))
        latent = batch.pop("latent")
        dropped = torch.rand(len(latent), generator=draw.torch) < recipe.caption_dropout
        text = text_of(with_dropped(batch, dropped, null))
        times = logit_normal_times(len(latent), draw.torch)
        noise = torch.randn(latent.shape, generator=draw.torch)
        with torch.autocast("cpu", torch.bfloat16):
            error = flow_loss(lambda x, t: model(x, t, text), latent, times, noise)
        return {"loss": error, "small" if is_small else "large": error.detach()}

    return loss


def main(folder: Path) -> None:
    """Train, and leave the changes and ``figures.json`` in ``folder``."""
    import torch

    from models.distillation import LARGE as CHANGE
    from models.distillation.lowrank import trained

    torch.set_num_threads(1)  # one order of sums
    model = train(RECIPE, folder, teller())
    CHANGE.save(model, RECIPE.teacher, RECIPE.rank, folder)
    write_json(folder / "figures.json", {"parameters": sum(value.numel() for value in trained(model).values())})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
