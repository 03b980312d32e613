"""The starter upsampler: ``python -m assets.starter.upsampler FOLDER`` trains it, half an hour on one core.

The state is kept under ``FOLDER/work`` while it trains, so that a training which is killed goes on where it was, and
one whose recipe has got more steps goes on from its last checkpoint.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.starter.pairs import Pairs
from assets.starter.progress import Progress, teller
from models.files import write_json
from models.precision import autocast
from models.solo_recipe import SoloRecipe
from models.upsampler.config import UpsamplerConfig
from serving.upsampling.enlarging import enlarged

if TYPE_CHECKING:
    from torch import Tensor

    from models.training.solo import Draw, Loss
    from models.upsampler import Upsampler

_FLOOR = 2e-4  # added to the error that a clip starts with: of those that start with less (43 dB) little is asked


@dataclass(frozen=True)
class UpsamplerRecipe(SoloRecipe):
    """One-process training of the upsampler.

    Attributes:
        pieces: Clips that are drawn, each once.
        side: Pixels of a small clip of a batch.
        frames: Of it.
        at_start: Share of the looks that are at the flow's start, from where one step leads to the expected clip; the
            others are at logit-normal times.
    """

    model: UpsamplerConfig = field(default_factory=UpsamplerConfig)
    pieces: int = 2048
    side: int = 40
    frames: int = 5
    batch_size: int = 8
    at_start: float = 0.5
    steps: int = 5000
    settling: float = 0.3


RECIPE = UpsamplerRecipe()


def train(recipe: UpsamplerRecipe, folder: Path, progress: Progress | None = None) -> "Upsampler":
    """The upsampler, trained to the recipe's last step from where an earlier call was stopped."""
    import torch

    from models.training.solo import Solo
    from models.upsampler import Upsampler

    torch.manual_seed(recipe.seed)
    model = Upsampler(recipe.model)
    Solo.of(recipe, model, flow_terms(recipe, model), folder, progress).run()
    return model


def flow_terms(recipe: UpsamplerRecipe, model: "Upsampler") -> "Loss":
    """The loss of a step, and the squared errors of its clips: at the flow's start (``still``), and of the velocity.

    Each clip's error counts in shares of the error that it starts with: spoiled clips would drown the others.
    """
    import torch

    from models.flow import flow_losses, logit_normal_times
    from models.upsampler import folded

    pairs = Pairs(recipe.frames, recipe.pieces)

    def loss(_: int, draw: "Draw") -> "dict[str, Tensor]":
        pair = pairs(draw.numpy, recipe.side, recipe.batch_size)
        small, sharp = pixels(pair.small), folded(pixels(pair.sharp))
        start = folded(pixels(np.stack([enlarged(clip) for clip in pair.small])))
        times = logit_normal_times(len(small), draw.torch)
        times *= torch.rand(len(small), generator=draw.torch) >= recipe.at_start
        with autocast():
            error = flow_losses(lambda x, t: model(x, t, small), sharp, times, start)
        still = (sharp - start).square().flatten(1).mean(1)
        relative = error / (still + _FLOOR)
        return {"loss": relative.mean(), "velocity": error.detach().mean(), "still": still.mean()}

    return loss


def pixels(clips: NDArray[np.uint8]) -> "Tensor":
    """uint8 [B, F, H, W, 3] as float32 [B, 3, F, H, W] in [-1, 1]."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(clips, -1, 1))).float() / 127.5 - 1


def main(folder: Path) -> None:
    """Train, and leave the model in bfloat16 and ``figures.json`` in ``folder``."""
    import torch

    from models.upsampler import save_upsampler

    torch.set_num_threads(1)  # one order of sums
    model = train(RECIPE, folder, teller())
    save_upsampler(model.bfloat16(), folder)
    write_json(folder / "figures.json", {"parameters": sum(p.numel() for p in model.parameters())})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
