"""The starter student: ``python -m assets.starter.student FOLDER`` distils the starter backbone into 1, 2 or 4 steps.

Its teacher's paths and the state are kept under ``FOLDER``, so that a training which is killed goes on where it was. A
folder of paths belongs to one teacher: begin in another one when the backbone has changed.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.encoding.encoder import TextStates
from assets.encoding.shards import NULL, write_index, write_shard
from assets.sandbox_corpus.record import Record
from assets.starter.latents import VIDEOS, parts
from assets.starter.progress import Progress, teller
from models.files import write_json
from models.recipes import demo
from models.solo_recipe import SoloRecipe
from models.starter import BACKBONE

if TYPE_CHECKING:
    from torch import Tensor

    from assets.encoding.plan import Part
    from models.backbone import Backbone

_FIRST = 100_000  # clips from here on: captions that the teacher was not trained with
_BATCH = 32  # paths at once

Array = NDArray[np.generic]


@dataclass(frozen=True)
class StudentRecipe(SoloRecipe):
    """One-process distillation of a backbone by its own guided paths.

    Attributes:
        teacher: Folder of the backbone.
        guidance: Of its paths.
        paths: How many, each of another caption and noise.
        rank: Of the changes to its matrices.
    """

    teacher: Path = BACKBONE
    guidance: float = 3.0
    paths: int = 3072
    rank: int = 32
    steps: int = 1200
    batch: int = 40
    warmup: int = 20
    settling: float = 0.5
    ema_decay: float = 0.99


RECIPE = StudentRecipe()


def train(recipe: StudentRecipe, folder: Path, progress: Progress | None = None) -> "Backbone":
    """The student, trained to the recipe's last step from where an earlier call was stopped."""
    import torch

    from models.distillation import STUDENTS, jump_terms
    from models.training.solo import Solo

    index = paths(recipe, folder / "paths", progress)
    torch.manual_seed(recipe.seed)
    student = STUDENTS.started(recipe.teacher, recipe.rank)
    Solo.of(recipe, student, jump_terms(student, index, VIDEOS, recipe.batch, recipe.seed), folder, progress).run()
    return student


def paths(recipe: StudentRecipe, folder: Path, progress: Progress | None = None) -> Path:
    """Draw the teacher's paths, each shard once, and write the index over them: ``path`` [N, K, 16, T, 8, 8] each.

    Returns:
        The index.
    """
    from models.backbone import load_backbone
    from models.text.encoders import load_encoders

    teacher = load_backbone(recipe.teacher)
    texts = TextStates(load_encoders(teacher.config.text))
    write_shard(folder / NULL, {name: value[0] for name, value in texts.of([""]).items()})
    planned = list(parts(demo().world, VIDEOS, "train", recipe.paths, _FIRST, demo().rates))
    for number, part in enumerate(planned, 1):
        if not (folder / part.name).exists():
            write_shard(folder / part.name, _drawn(recipe, teacher, texts, part))
        if progress is not None:
            progress(number, len(planned), {})
    write_index(folder, planned, teacher.config.text)
    return folder / "index.json"


def _drawn(recipe: StudentRecipe, teacher: "Backbone", texts: TextStates, part: "Part") -> dict[str, Array]:
    """The captions of a shard, and a path of each."""
    import torch

    from models.distillation import drawn_paths
    from models.text.tokens import prefixed

    clips = [clip for clip in part.clips if isinstance(clip, Record)]
    text = texts.of([prefixed(clip.caption, part.fps) for clip in clips])
    null = {name: value[0] for name, value in texts.of([""]).items()}
    shape = (teacher.config.latent_channels, *part.latent_size)
    noise = torch.from_numpy(np.stack([_noise(recipe.seed, clip, shape) for clip in clips]))
    paths = drawn_paths(teacher, noise, _tensors(text), _tensors(null), recipe.guidance, _BATCH)
    return {**{name: value.numpy() for name, value in paths.items()}, **text}


def _noise(seed: int, clip: Record, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.random.default_rng([seed, clip.seed]).standard_normal(shape, dtype=np.float32)


def _tensors(states: Mapping[str, Array]) -> "dict[str, Tensor]":
    """Stored states and masks as networks take them."""
    import torch

    tensors = {name: torch.from_numpy(value) for name, value in states.items()}
    return {name: each.bool() if each.dtype == torch.uint8 else each.float() for name, each in tensors.items()}


def main(folder: Path) -> None:
    """Train, and leave the student and ``figures.json`` in ``folder``."""
    import torch

    from models.distillation import STUDENTS
    from models.distillation.lowrank import trained

    torch.set_num_threads(1)  # one order of sums
    student = train(RECIPE, folder, teller())
    STUDENTS.save(student, RECIPE.teacher, RECIPE.rank, folder)
    write_json(folder / "figures.json", {"parameters": sum(value.numel() for value in trained(student).values())})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
