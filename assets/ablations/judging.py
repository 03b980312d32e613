"""What a trained model is worth: samples in the checkers' eyes, their latents beside real ones, held-out flow loss."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.ablations import data
from assets.ablations.recipe import Recipe
from assets.ablations.training import Law
from assets.evaluation.prompts import Prompt, shares
from assets.evaluation.sight import seen_in
from models.precision import autocast
from models.recipes import FPS
from models.starter import AUTOENCODER

if TYPE_CHECKING:
    from torch import Tensor

    from models.ablations.diffusion import Predict
    from models.backbone import Backbone, Text

Figures = dict[str, float]
_PARTS = {"background": "background", "colour": "colour", "motion": "motion", "object": "kind"}
_BATCH = 16
_LOOKS = 4  # at each held-out video, at times of its own
_NOISE = 20_241_019


def judged(model: "Backbone", objective: Law, recipe: Recipe, seed: int, index: Path) -> Figures:
    """Figures of a model.

    Returns:
        ``background``, ``colour``, ``motion``, ``object``: shares of samples that show it as asked; ``score``: their
        mean over samples; ``seen``: share that shows any thing; ``distance``: see :func:`distance`; ``flow_loss`` and
        ``choosing_loss``: of the second and the first half of the held-out videos; ``weights`` in numbers,
        ``operations`` of one evaluation for one video in multiplications and additions.
    """
    latents = sampled(model, objective, recipe, seed, index)
    chosen, told = flow_losses(model, objective, index)
    weights = float(sum(value.numel() for value in model.parameters()))
    counts = {"weights": weights, "operations": _operations(model, index)}
    return scores(latents, recipe, seed, index) | {"flow_loss": told, "choosing_loss": chosen} | counts


def scores(latents: NDArray[np.float32], recipe: Recipe, seed: int, index: Path) -> Figures:
    """The figures that latents [N, 16, T, 8, 8] of a seed's prompts give once they are decoded."""
    asked = data.prompts(data.held_out(recipe, seed))
    real = data.videos(index, "train")
    known = real.gather(list(range(len(real))))["latent"].numpy()
    return seen(asked, decoded(latents)) | {"distance": distance(data.features(latents), data.features(known))}


def seen(asked: Sequence[Prompt], clips: Sequence[NDArray[np.uint8]]) -> Figures:
    """Shares of the clips that show what was asked for, by the checkers."""
    sights = [seen_in(clip, FPS) for clip in clips]
    right = shares(asked, sights)
    answers = [prompt.answered(sight) for prompt, sight in zip(asked, sights, strict=True)]
    figures = {name: right[part] for name, part in _PARTS.items() if part in right}
    figures["score"] = float(np.mean([np.mean(list(answer.values())) for answer in answers]))
    return figures | {"seen": float(np.mean([sight.kind is not None for sight in sights]))}


def real(recipe: Recipe, seed: int, index: Path) -> Figures:
    """The figures of clips that the world draws for the same prompts, through the autoencoder: what can be reached."""
    from assets.starter.latents import latents
    from models.autoencoder import load_autoencoder

    drawn = latents(load_autoencoder(AUTOENCODER), data.held_out(recipe, seed))
    return scores(drawn.astype(np.float32), recipe, seed, index)


def sampled(model: "Backbone", objective: Law, recipe: Recipe, seed: int, index: Path) -> NDArray[np.float32]:
    """Latents [N, 16, T, 8, 8] of a seed's prompts from noise that all models of the seed share, guided."""
    import torch

    from models.training.shards import open_shards

    asked = data.prompts(data.held_out(recipe, seed))
    text, null = data.states([prompt.text for prompt in asked], recipe.model.text), open_shards(index).null
    shape = tuple(data.videos(index, "train").gather([0])["latent"].shape[1:])
    generator = torch.Generator().manual_seed(_NOISE + seed)
    found = []
    with torch.inference_mode():
        for start in range(0, len(asked), _BATCH):
            part = {name: value[start : start + _BATCH] for name, value in text.items()}
            predict = guided(model, part, null, recipe.guidance)
            noise = torch.randn((min(_BATCH, len(asked) - start), *shape), generator=generator)
            found.append(objective.sample(predict, noise, recipe.sampling_steps).numpy())
    return np.concatenate(found)


def guided(model: "Backbone", text: "dict[str, Tensor]", null: "dict[str, Tensor]", scale: float) -> "Predict":
    """Classifier-free guidance: prediction(null) + scale (prediction(text) - prediction(null))."""
    import torch

    from models.training.texts import text_of, with_dropped

    both = {name: torch.cat([value, value]) for name, value in text.items()}
    count = len(next(iter(text.values())))
    condition = text_of(with_dropped(both, torch.arange(2 * count) >= count, null))

    def predict(state: "Tensor", times: "Tensor") -> "Tensor":
        with autocast():
            found = model(torch.cat([state, state]), torch.cat([times, times]), condition)
        with_text, without = found.float().chunk(2)
        return without + scale * (with_text - without)

    return predict


def decoded(latents: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """Clips uint8 [F, H, W, 3] of latents through the starter autoencoder."""
    import torch

    from models.autoencoder import load_autoencoder

    autoencoder = load_autoencoder(AUTOENCODER)
    found: list[NDArray[np.uint8]] = []
    with torch.inference_mode(), autocast():
        for latent in torch.from_numpy(latents).split(_BATCH):
            pixels = (autoencoder.decode(latent).float().clamp(-1, 1) + 1) * 127.5
            found += list(pixels.round().byte().permute(0, 2, 3, 4, 1).numpy())
    return found


def flow_losses(model: "Backbone", objective: Law, index: Path) -> tuple[float, float]:
    """Flow loss on fixed noise and times of the first and the second half of the held-out videos."""
    from models.flow import validation_flow_loss
    from models.training.texts import text_of

    bucket = data.videos(index, "validation")
    half, losses = len(bucket) // 2, []
    for start in range(0, len(bucket), half):
        batch = bucket.gather(list(range(start, min(start + half, len(bucket)))))
        velocity = objective.velocity(partial(_called, model, text_of(batch)))
        losses.append(float(validation_flow_loss(velocity, batch["latent"], start, _LOOKS).mean()))
    return losses[0], losses[1]


def distance(found: NDArray[np.float64], known: NDArray[np.float64]) -> float:
    """Frechet distance of two sets of features [N, D], each in units of its deviation in ``known``.

    That of the normal laws with their means and covariances. It is not zero for two draws of one law: it is compared
    between sets of one size.
    """
    scale = known.std(axis=0)
    one, other = found / scale, known / scale
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    shared = np.sqrt(np.clip(np.linalg.eigvals(first @ second).real, 0, None)).sum()
    apart = float(np.square(one.mean(axis=0) - other.mean(axis=0)).sum())
    return apart + float(np.trace(first) + np.trace(second) - 2 * shared)


def _called(model: "Backbone", text: "Text", state: "Tensor", times: "Tensor") -> "Tensor":
    """The model with its conditions first."""
    found: Tensor = model(state, times, text)
    return found


def _operations(model: "Backbone", index: Path) -> float:
    """Of one evaluation for the first held-out video."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from models.training.texts import text_of

    batch = data.videos(index, "validation").gather([0])
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(batch["latent"], torch.zeros(1), text_of(batch))
    return float(counter.get_total_flops())
