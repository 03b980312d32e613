"""Cells: an arm and a seed each, trained and judged one after the other; finished ones are kept."""

import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assets.ablations import judging
from assets.ablations.data import encoded
from assets.ablations.recipe import ARMS, AVERAGE, FINETUNES, OURS, RATED, RATES, REAL, Arm, Finetune, Recipe, Trial
from assets.ablations.training import Flow, law, train_arm, train_finetune
from models.files import read_json, write_json

log = logging.getLogger(__name__)

Cells = dict[str, list[judging.Figures]]
"""Figures of each arm, one a seed."""


@dataclass(frozen=True)
class Cell:
    """An arm, a finetune, the average of the finetunes, real clips, or an arm at another rate, for one seed."""

    what: Arm | Finetune | Trial | str
    seed: int

    @property
    def name(self) -> str:
        """Of the arm, finetune or trial."""
        return self.what if isinstance(self.what, str) else self.what.name


def cells(recipe: Recipe) -> Iterator[Cell]:
    """All cells, seed by seed, in an order in which each finds what it starts from."""
    for seed in recipe.seeds:
        yield from (Cell(what, seed) for what in (REAL, *ARMS, *FINETUNES, AVERAGE))
    yield from (Cell(Trial(arm, rate), recipe.seeds[0]) for arm in RATED for rate in RATES)


def run(recipe: Recipe, folder: Path) -> Cells:
    """The figures of all cells, of which those that ``folder`` holds for this recipe are not made again.

    A cell that was killed goes on from its last checkpoint. ``folder`` gets latents, ``models``, ``work`` and
    ``cells``, a JSON file each.
    """
    index = encoded(recipe, folder / f"latents-{recipe.shown}")
    found: Cells = {}
    for cell in cells(recipe):
        path = folder / "cells" / f"{cell.name}-{cell.seed}.json"
        kept = read_json(path) if path.exists() else {}
        if kept.get("recipe") != recipe.digest:
            begun = time.monotonic()
            figures = made(cell, recipe, folder, index)
            kept = {"arm": cell.name, "seed": cell.seed, "recipe": recipe.digest, "figures": figures}
            write_json(path, kept | {"seconds": round(time.monotonic() - begun, 1)})
            shutil.rmtree(_work(cell, recipe, folder), ignore_errors=True)
            log.info("%s, seed %d: %s", cell.name, cell.seed, figures)
        found.setdefault(cell.name, []).append(kept["figures"])
    return found


def made(cell: Cell, recipe: Recipe, folder: Path, index: Path) -> judging.Figures:
    """Train and judge a cell; models that others start from are left in ``folder / "models"``."""
    from models.averaging import average_folders
    from models.backbone import load_backbone, save_backbone

    def stored(name: str) -> Path:
        return folder / "models" / f"{name}-{cell.seed}-{recipe.digest}"

    work = _work(cell, recipe, folder)
    if cell.what == REAL:
        return judging.real(recipe, cell.seed, index)
    if isinstance(cell.what, Arm | Trial):
        trial = cell.what if isinstance(cell.what, Trial) else Trial(cell.what, recipe.learning_rate)
        model = train_arm(trial.arm, replace(recipe, learning_rate=trial.learning_rate), cell.seed, index, work)
        if cell.what == OURS:
            save_backbone(model, stored(cell.name))
        return judging.judged(model, law(trial.arm.objective), recipe, cell.seed, index)
    if isinstance(cell.what, Finetune):
        model = train_finetune(cell.what, recipe, cell.seed, stored(OURS.name), index, work)
        save_backbone(model, stored(cell.name))
    else:
        average_folders([stored(tune.name) for tune in FINETUNES], stored(cell.name))
        model = load_backbone(stored(cell.name))
    return judging.judged(model, Flow(), recipe, cell.seed, index)


def _work(cell: Cell, recipe: Recipe, folder: Path) -> Path:
    """Where the checkpoints of a cell are until its figures are kept."""
    return folder / "work" / f"{cell.name}-{cell.seed}-{recipe.digest}"
