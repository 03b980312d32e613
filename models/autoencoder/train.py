"""One-process training of the Temporal Autoencoder: linear start, joint image and video steps, latent statistics."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.autoencoder import pca
from models.autoencoder.adversarial import AdversarialTerm, PatchDiscriminator
from models.autoencoder.inflation import inflate
from models.autoencoder.losses import divergence, gradient_error, outlier_penalty
from models.autoencoder.network import Posterior, TemporalAutoencoder, WrongModelError
from models.autoencoder.perceptual import perceptual_distance
from models.precision import autocast
from models.recipes import AutoencoderRecipe
from models.starter import AUTOENCODER
from models.training.adversary import Adversary
from models.training.solo import Draw, Progress, Solo

Frames = NDArray[np.uint8]
Sample = Callable[[np.random.Generator, int, int, int], Frames]
"""(generator, frames, crop, batch) -> clips ``[B, F, H, W, 3]``, uint8 RGB."""

Distance = Callable[[Tensor, Tensor], Tensor]

_FIT_CLIPS = 64  # clips whose principal components are the start
_STATISTICS_CLIPS = 64
_IMAGES_A_VIDEO = 4  # an image batch holds this many times the clips of a video batch: frames are cheap


def pixels(frames: Frames) -> Tensor:
    """uint8 RGB to float32 in [-1, 1], same layout."""
    return torch.from_numpy(np.ascontiguousarray(frames)).float() / 127.5 - 1.0


def psnr(reconstruction: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pixels in [-1, 1] (clamped), of one clip."""
    error = (reconstruction.clamp(-1, 1) - target).square().mean() / 4.0
    return float(-10.0 * torch.log10(error.clamp_min(1e-10)))


@torch.inference_mode()
def evaluate(model: TemporalAutoencoder, clips: Sequence[Frames]) -> dict[str, float]:
    """Mean PSNR over clips, as videos and as images (their first frames)."""
    model.eval()
    scores: dict[str, list[float]] = {"psnr_video": [], "psnr_image": []}
    for clip in clips:
        video = pixels(clip)[None]
        for name, target in (("psnr_video", video), ("psnr_image", video[:, :1])):
            decoded = model.decoder(model.encoder(target).mean)[:, : target.shape[1]]
            scores[name].append(psnr(decoded, target))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def train(
    recipe: AutoencoderRecipe,
    sample: Sample,
    validation: Sequence[Frames],
    folder: Path,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train an autoencoder and leave ``model.safetensors``, ``config.json`` and ``metrics.jsonl`` in ``folder``.

    Stopped at any point and called again, it goes on from its last checkpoint (``folder/work``) to the same weights;
    the caller removes that when the model is kept.

    Args:
        recipe: Sizes, steps, weights of the losses, seed.
        sample: Draws training clips with the generator it is given, and nothing else that changes.
        validation: Held-out clips ``[F, H, W, 3]``, sides divisible by 8.
        folder: The model's folder.
        progress: Called with (step, steps, loss terms).

    Returns:
        ``psnr_video`` and ``psnr_image`` of the validation clips, both of the start too (``linear_...``: what
        the training has to beat), ``parameters``, ``seconds``.

    Raises:
        WrongModelError: ``recipe.init`` holds no autoencoder, or one of other sizes; or there is none, but the decoder
            alone is to be trained.
    """
    started = time.perf_counter()
    torch.manual_seed(recipe.seed)
    generator = np.random.default_rng((recipe.seed, recipe.steps))  # apart from those of the steps
    model = _started(recipe, sample, generator)
    model.encoder.requires_grad_(recipe.trains == "all")
    linear = evaluate(model, validation)
    weights = _weights(recipe)
    perceptual = perceptual_distance(recipe.perceptual) if recipe.perceptual_weight else None
    adversarial = _adversarial(recipe)

    def loss(step: int, draw: Draw) -> dict[str, Tensor]:
        image = step % (recipe.video_batches_per_image_batch + 1) == recipe.video_batches_per_image_batch
        frames, batch = (1, recipe.batch_size * _IMAGES_A_VIDEO) if image else (recipe.frames, recipe.batch_size)
        target = pixels(sample(draw.numpy, frames, recipe.crop, batch))
        with autocast(enabled=recipe.precision == "bf16-mixed"):
            posterior = Posterior(*(part.float() for part in model.encoder(target)))
            latent = posterior.sample(draw.torch)
            reconstruction = model.decoder(latent)[:, :frames].float()
        terms = reconstruction_terms(reconstruction, target, perceptual) | {
            "kl": divergence(posterior),
            "outliers": outlier_penalty(latent, recipe.outlier_radius),
        }
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        if adversarial is not None:
            judged = adversarial(step, reconstruction, target, total, model.decoder.last_weights)
            if judged is not None:
                total, terms["adversarial"] = total + judged, judged
        return {"loss": total, **terms}

    solo = Solo(
        model,
        loss,
        folder,
        steps=recipe.steps,
        learning_rate=recipe.learning_rate,
        checkpoint_every=recipe.checkpoint_every,
        seed=recipe.seed,
        ema_decay=recipe.ema_decay,
        adversary=_adversary(adversarial, recipe.discriminator_rate),
        progress=progress,
    )
    solo.run()
    if recipe.trains == "all":
        model.set_statistics(raw_latents(model, sample(generator, recipe.frames, recipe.crop, _STATISTICS_CLIPS)))
    model.save(folder)
    metrics = evaluate(model, validation)
    return {
        **metrics,
        **{f"linear_{name}": value for name, value in linear.items()},
        "parameters": float(sum(parameter.numel() for parameter in model.parameters())),
        "seconds": time.perf_counter() - started,
    }


def start_of(init: str) -> Path:
    """The folder that a recipe's ``init`` means."""
    return AUTOENCODER if init == "starter" else Path(init)


def _started(recipe: AutoencoderRecipe, sample: Sample, generator: np.random.Generator) -> TemporalAutoencoder:
    if recipe.init is not None:
        model = TemporalAutoencoder.load(start_of(recipe.init))
        if recipe.model.temporal and not model.config.temporal:
            model = inflate(model)
        if model.config != recipe.model:
            raise WrongModelError(f"{recipe.init} starts with {model.config}, but the recipe asks for {recipe.model}")
        return model
    if recipe.trains == "decoder":
        raise WrongModelError("a decoder is trained alone beside an encoder that is: name its folder in init")
    model = TemporalAutoencoder(recipe.model)
    pca.fit(model, pixels(sample(generator, recipe.frames, recipe.crop, _FIT_CLIPS)))
    return model


def reconstruction_terms(reconstruction: Tensor, target: Tensor, perceptual: Distance | None) -> dict[str, Tensor]:
    """The terms of pixels ``[B, F, H, W, 3]``, none weighed."""
    error = reconstruction - target
    terms = {"l1": error.abs().mean(), "squared": error.square().mean(), "gradient": gradient_error(error)}
    return terms if perceptual is None else terms | {"perceptual": perceptual(reconstruction, target)}


def _weights(recipe: AutoencoderRecipe) -> dict[str, float]:
    return {
        "l1": recipe.l1_weight,
        "squared": recipe.squared_weight,
        "gradient": recipe.gradient_weight,
        "perceptual": recipe.perceptual_weight,
        "kl": recipe.kl_weight,
        "outliers": recipe.outlier_weight,
    }


def _adversarial(recipe: AutoencoderRecipe) -> AdversarialTerm | None:
    if not recipe.adversarial_weight:
        return None
    return AdversarialTerm(PatchDiscriminator(), recipe.adversarial_weight, recipe.adversarial_start)


def _adversary(term: AdversarialTerm | None, rate: float) -> Adversary | None:
    return None if term is None else Adversary(term.discriminator, term.discriminated, rate)


@torch.inference_mode()
def raw_latents(model: TemporalAutoencoder, clips: Frames, batch: int = 8) -> Tensor:
    """Mean latents, not normalised, of clips ``[B, F, H, W, 3]``, all positions in a row: ``[N, C]``."""
    parts = [model.encoder(pixels(clips[i : i + batch])).mean for i in range(0, len(clips), batch)]
    return torch.cat(parts).flatten(0, 3)
