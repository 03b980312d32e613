"""Latents that all cells train on, and prompts that no training, tuning or evaluation of the product looks at."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.ablations.recipe import Recipe
from assets.encoding.encoder import TextStates
from assets.evaluation.prompts import Prompt
from assets.sandbox_corpus.lots import record
from assets.sandbox_corpus.record import Record
from assets.starter.latents import IMAGES, VIDEOS, encode
from models.recipes import Split
from models.text.config import TextConfig

if TYPE_CHECKING:
    from torch import Tensor

    from models.training.shards import Bucket

    Batch = dict[str, Tensor]

_FIRST = 1 << 19  # validation clips from here on; the starter's figures are of those from 1 << 20 on


def encoded(recipe: Recipe, folder: Path) -> Path:
    """The index of the latents, each shard encoded once."""
    counts: dict[tuple[str, Split], int] = {
        (IMAGES, "train"): recipe.images,
        (VIDEOS, "train"): recipe.videos,
        (VIDEOS, "validation"): recipe.held_out,
    }
    return encode(folder, recipe.world, recipe.model.text, counts)


def videos(index: Path, split: Split) -> "Bucket":
    """The videos of a split."""
    from models.training.shards import open_shards

    return open_shards(index).group(VIDEOS, split)[0]


def held_out(recipe: Recipe, seed: int) -> list[Record]:
    """The clips whose captions a seed's models are asked for."""
    first = _FIRST + seed * recipe.prompts
    return [record("video", "validation", index, recipe.world) for index in range(first, first + recipe.prompts)]


def prompts(clips: Sequence[Record]) -> list[Prompt]:
    """Their short captions, with what a clip that follows them shows."""
    return [Prompt.of(clip.short) for clip in clips]


def states(texts: Sequence[str], config: TextConfig) -> "Batch":
    """Text states of prompts, as batches hold them."""
    import torch

    from models.text.config import TEXT_NAMES
    from models.text.encoders import load_encoders
    from models.text.tokens import prefixed

    found = TextStates(load_encoders(config)).of([prefixed(text) for text in texts])
    types = {name: torch.bool if name.endswith("_mask") else torch.float32 for name in TEXT_NAMES}
    return {name: torch.from_numpy(np.asarray(found[name])).to(types[name]) for name in TEXT_NAMES}


def features(latents: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of latents [N, C, T, h, w], each channel's mean and its mean change between neighbouring frames: [N, 2 C]."""
    change = np.abs(np.diff(latents, axis=2)).mean(axis=(2, 3, 4))
    return np.concatenate([latents.mean(axis=(2, 3, 4)), change], axis=1).astype(np.float64)
