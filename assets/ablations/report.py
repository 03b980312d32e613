"""The report of the ablations: a page, the figures it is made of, and a picture."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from assets.ablations.cells import Cells
from assets.ablations.comparison import ABLATIONS, METRICS, Ablation, Difference, differences, values, with_best
from assets.ablations.picture import draw
from assets.ablations.recipe import (
    ARMS,
    AVERAGE,
    BEST,
    FINETUNES,
    RATED,
    RATES,
    REAL,
    Arm,
    Recipe,
    Trial,
    images_at,
)
from models.files import write_json, write_text

LABELS = {
    "ours": "ours",
    "v-cosine": "v-prediction, cosine schedule",
    "v-linear": "v-prediction, linear schedule",
    "dit-operations": "DiT block, equal operations a token",
    "dit-weights": "DiT block, equal weights",
    "first-positions": "positions at the first layer only",
    "joint": "images and videos mixed from the start",
    AVERAGE: "average of three finetunes",
    BEST: "best finetune by validation loss",
}
_NAMES = {
    "flow_loss": "flow loss",
    "score": "score",
    "background": "background",
    "colour": "colour",
    "motion": "motion",
    "object": "object",
    "distance": "distance",
}


def write(found: Cells, recipe: Recipe, folder: Path) -> Path:
    """Write ``ablations.md``, ``figures.json`` and ``ablations.png`` to ``folder``; returns the page."""
    complete = with_best(found)
    write_json(folder / "figures.json", figures(complete, recipe))
    draw(complete, LABELS, folder / "ablations.png")
    write_text(folder / "ablations.md", page(complete, recipe))
    return folder / "ablations.md"


def figures(found: Cells, recipe: Recipe) -> dict[str, Any]:
    """Cells, comparisons and the recipe, as JSON."""
    compared = {
        ablation.title: {
            other: {metric: asdict(one) | {"verdict": one.verdict} for metric, one in rows.items()}
            for other, rows in _against(found, ablation).items()
        }
        for ablation in ABLATIONS
    }
    parts = {"shared": asdict(recipe), "arms": list(map(asdict, ARMS)), "finetunes": list(map(asdict, FINETUNES))}
    return {"cells": found, "differences": compared, "recipe": parts}


def page(found: Cells, recipe: Recipe) -> str:
    """The report in Markdown; ``found`` has the best finetunes."""
    parts = [_introduction(found, recipe)]
    for ablation in ABLATIONS:
        compared = _against(found, ablation)
        lines = [_row(found, arm) for arm in (ablation.one, *ablation.others)]
        lines += [
            _difference(f"{LABELS[ablation.one]} minus {LABELS[other]}", rows) for other, rows in compared.items()
        ]
        readings = [_reading(LABELS[ablation.one], LABELS[other], rows) for other, rows in compared.items()]
        parts.append("\n".join([f"## {ablation.title}", "", *readings, "", *_head(), *lines]))
    parts += [_rates(found, recipe), _made(found, recipe)]
    return "\n\n".join(parts) + "\n"


def _against(found: Cells, ablation: Ablation) -> dict[str, dict[str, Difference]]:
    return {other: differences(found, ablation, other) for other in ablation.others}


def _introduction(found: Cells, recipe: Recipe) -> str:
    real = ", ".join(f"{name} {np.mean(values(found, REAL, name)):.2f}" for name in METRICS if name != "flow_loss")
    return f"""# Ablations

What five choices are worth at tiny scale: {len(recipe.seeds)} seeds, {found["ours"][0]["weights"] / 1e6:.1f} million
weights, {recipe.steps} steps on clips of 64 pixels and two seconds. `python -m assets.ablations FOLDER` makes this
page, `figures.json` and the picture; a cell that is finished is not made again.

![Differences, seed by seed](pictures/ablations.png)

Values are means over seeds ± their standard deviation. Rows of differences are of pairs that share seed, batches,
noise, prompts and, where the network is the same, starting weights; ± is half of the 95% interval (Student's t, which
with three seeds is wide). *Better* and *worse* are said of the first where that interval leaves out 0. Some of so many
intervals leave it out by chance. All arms use one learning rate; the corner of the world and the rate were chosen by
trials of ours alone (5e-3 learned more than 2e-3). The last table shows what other rates change.

- flow loss: mean squared velocity error on fixed noise and times of held-out videos. For v-prediction it is that of the
  velocity which the model implies at the same ratio of data to noise; only flow matching is trained for it.
- score: mean share of background, colour, motion and object (its kind) that the checkers see as {recipe.prompts}
  prompts a seed ask for; the columns beside it are its parts.
- distance: Frechet distance of the samples' latents to those of the training videos, over each channel's mean and its
  mean change between frames.

Clips that the world draws for the same prompts reach, through the autoencoder: {real}."""


def _head() -> list[str]:
    names = [f"{_NAMES[name]} {'↓' if better < 0 else '↑'}" for name, better in METRICS.items()]
    return [f"| arm | {' | '.join(names)} | weights |", "|---|" + "---|" * (len(names) + 1)]


def _row(found: Cells, arm: str) -> str:
    shown = []
    for metric in METRICS:
        own = values(found, arm, metric)
        shown.append(f"{np.mean(own):.3f} ± {np.std(own, ddof=1):.3f}")
    return f"| {LABELS[arm]} | {' | '.join(shown)} | {found[arm][0]['weights'] / 1e6:.2f} M |"


def _difference(name: str, rows: Mapping[str, Difference]) -> str:
    shown = [f"{one.mean:+.3f} ± {one.half:.3f}" for one in rows.values()]
    return f"| *{name}* | {' | '.join(shown)} | |"


def _reading(one: str, other: str, rows: Mapping[str, Difference]) -> str:
    """A line that puts every figure under its verdict."""
    told: dict[str, list[str]] = {}
    for metric, row in rows.items():
        told.setdefault(row.verdict, []).append(_NAMES[metric])
    verdicts = "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in sorted(told.items()))
    return f"- {one} against {other}: {verdicts}."


def _rates(found: Cells, recipe: Recipe) -> str:
    """A table of flow loss and score of the first seed at each rate."""
    rates = sorted((*RATES, recipe.learning_rate))

    def cell(arm: Arm, rate: float) -> str:
        name = arm.name if rate == recipe.learning_rate else Trial(arm, rate).name
        return f"{found[name][0]['flow_loss']:.3f}, {found[name][0]['score']:.3f}"

    lines = [f"| {LABELS[arm.name]} | {' | '.join(cell(arm, rate) for rate in rates)} |" for arm in RATED]
    head = f"| flow loss ↓, score ↑ | {' | '.join(f'rate {rate:g}' for rate in rates)} |"
    return "\n".join(["## Other learning rates, the first seed alone", "", head, "|---|" + "---|" * len(rates), *lines])


def _made(found: Cells, recipe: Recipe) -> str:
    operations = {arm.name: found[arm.name][0]["operations"] / 1e6 for arm in ARMS}
    costs = ", ".join(f"{LABELS[name]} {operations[name]:.0f}" for name in ("ours", "dit-operations", "dit-weights"))
    tunes = ", ".join(f"{100 * tune.images:.0f}% images at {tune.learning_rate:g}" for tune in FINETUNES)
    images = sum(images_at(recipe, "images-first"))
    return f"""## How it was made

All cells share {recipe.images} images and {recipe.videos} clips of the training split, encoded once by the starter
autoencoder; {recipe.held_out} held-out clips give the flow loss. They show a corner of the demo's corner of the world
that few steps suffice for: {len(recipe.world.kinds)} kinds of things, {len(recipe.world.motions)} motions, plain walls,
usual places, short captions. A backbone of {recipe.model.layers} layers of width {recipe.model.width}, batches of
{recipe.image_batch} images or {recipe.video_batch} videos, bfloat16, Muon at {recipe.learning_rate:g}, falling to zero
in the last {100 * recipe.settling:.0f}%, averaged weights ({recipe.ema_decay}), {100 * recipe.caption_dropout:.0f}%
of the captions dropped; {recipe.sampling_steps} sampling steps, guidance {recipe.guidance:g}, one process, one thread.

- *v-prediction*: v = a noise - s data on 1,000 levels, equally likely, the last without signal: the cosine schedule, or
  the linear one of betas, rescaled (Lin et al. 2023). Sampled by DDIM from pure noise on, with as many steps and the
  same guidance. Flow matching: logit-normal times, Euler over the linear-quadratic schedule.
- *DiT block*: LayerNorm, an MLP with GELU, biases, a modulation (adaLN-zero) of its own in each layer, LayerNorm in the
  head; cross-attention and positions as in ours. Million multiplications and additions for a video: {costs}.
- *Positions at the first layer only*: the same network and starting weights.
- *T2I first*: {recipe.image_steps} steps on images, then one batch of images to {recipe.every - 1} of videos. *Mixed
  from the start*: the same {images} batches of images and {recipe.steps - images} of videos, evenly mixed: equal
  samples, steps and operations.
- *Finetunes* of each seed's model: {recipe.finetune_steps} steps, rates falling as a cosine: {tunes}. Their plain
  average, against the one with the least flow loss on half of the held-out clips (losses here are of the other half)
  and against the model that they began from, which has trained for {recipe.finetune_steps} steps less."""
