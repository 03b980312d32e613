"""The starter autoencoder: ``python -m assets.starter.autoencoder FOLDER`` trains it, half an hour on one core.

With the folder of a trained model as a second argument, its decoder is trained further: latents stay what they are.
The state is kept under ``FOLDER/work`` while it trains, so that a training which is killed goes on where it was. Equal
versions give equal weights on equal processors.
"""

import shutil
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.artifact import SCRATCH
from assets.sandbox_corpus.lots import record
from assets.sandbox_corpus.record import Kind
from assets.starter.progress import teller
from assets.world.lasting import lasting
from assets.world.render import Frames, pictures
from models.autoencoder_recipe import STARTER
from models.files import write_json
from models.recipes import FPS, AutoencoderRecipe, CorpusWorld, demo

SIDE = 64  # pixels
RECIPE = AutoencoderRecipe(
    model=STARTER,
    steps=1600,
    batch_size=8,
    learning_rate=2e-3,
    gradient_weight=0.5,
    ema_decay=0.99,
    precision="bf16-mixed",
    checkpoint_every=50,
)
DECODER_RECIPE = replace(RECIPE, trains="decoder", steps=2400, learning_rate=1e-3, frames=32, batch_size=4)
_DRAWN = 3072  # clips, each rendered once
_PEOPLE = 8  # each so manieth shows a person, as clips of personalization do
_LARGER = 4  # each so manieth is cut from a larger picture
_LARGE = 96  # pixels a side of that
_LATEST = 16  # frames into a clip that a piece may begin
_SECONDS = (2.0, 2.0, 4.0)  # that a clip's action lasts
_HELD_OUT = 96
_FRAMES = 32  # of a held-out clip


class CornerClips:
    """Pieces of ``count`` training clips of a corner of the world, each rendered when it is first drawn, then kept.

    Args:
        world: The corner.
        frames: Of a piece as it is kept; fewer may be asked for.
    """

    def __init__(self, world: CorpusWorld, frames: int, count: int = _DRAWN) -> None:
        self._world, self._frames, self._count = world, frames, count
        self._piece = lru_cache(maxsize=None)(self._rendered)

    def __call__(self, generator: np.random.Generator, frames: int, crop: int, batch: int) -> Frames:
        """Clips uint8 [batch, frames, crop, crop, 3], half of them mirrored; a function of the generator alone."""
        return np.stack([self._one(generator, frames, crop) for _ in range(batch)])

    def _one(self, generator: np.random.Generator, frames: int, crop: int) -> Frames:
        piece = self._piece(int(generator.integers(self._count)), crop)
        first = int(generator.integers(len(piece) - frames + 1))
        return piece[first : first + frames, :, :: -1 if generator.random() < 0.5 else 1]

    def _rendered(self, index: int, crop: int) -> Frames:
        generator = np.random.default_rng([index, crop])
        kind: Kind = "personalization" if index % _PEOPLE == 0 else "video"
        spec = lasting(record(kind, "train", index, self._world).spec, float(generator.choice(_SECONDS)))
        side = max(crop, _LARGE) if index % _LARGER == 1 else crop
        top, left = generator.integers(side - crop + 1, size=2)
        clip = pictures(spec, side, side, FPS, self._frames, int(generator.integers(_LATEST + 1)))
        return clip[:, top : top + crop, left : left + crop].copy()


def held_out(world: CorpusWorld, count: int = _HELD_OUT) -> tuple[list[str], NDArray[np.uint8]]:
    """Short captions and validation clips uint8 [N, 32, 64, 64, 3] of a corner: two seconds, as the checkers need."""
    found = [record("video", "validation", index, world) for index in range(count)]
    return [one.short for one in found], np.stack([pictures(one.spec, SIDE, SIDE, FPS, _FRAMES) for one in found])


def main(folder: Path, init: Path | None = None) -> None:
    """Train, anew or the decoder of ``init`` further, and leave model and ``figures.json`` in ``folder``."""
    import torch

    from assets.starter.round_trip import figures
    from models.autoencoder import load_autoencoder
    from models.autoencoder.train import train

    torch.set_num_threads(1)  # one order of sums
    world = demo().world
    captions, clips = held_out(world)
    recipe = RECIPE if init is None else replace(DECODER_RECIPE, init=str(init))
    metrics = train(recipe, CornerClips(world, recipe.frames), list(clips[:16]), folder, teller())
    write_json(folder / "figures.json", metrics | figures(load_autoencoder(folder), captions, list(clips)))
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
