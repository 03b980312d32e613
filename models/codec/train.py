"""One-process training of the audio codec: linear start, compressed-spectrum loss, latent statistics."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.codec.network import HOP, AudioCodec
from models.recipes import SAMPLE_RATE, CodecRecipe
from models.training.components import components
from models.training.solo import Draw, Progress, Solo

Samples = NDArray[np.float32]
Sample = Callable[[np.random.Generator, int, int], Samples]
"""(generator, batch, samples) -> sounds ``[B, S]`` in [-1, 1] at 48 kHz."""

_FIT_FRAMES = 12_000  # 1920 coefficients want several times as many frames for their principal components
_FAINT = 1e-2  # of the strongest component's deviation: what is fainter stays faint in the latent
_FLOOR = 1e-4  # amplitudes below it (-80 dB) are silence


def spectrum_error(estimate_BNK: Tensor, target_BNK: Tensor) -> Tensor:
    """L1 between cube roots of magnitudes, each the mean of a coefficient and its two neighbours.

    Takes signed roots of coefficients.
    A lone MDCT coefficient swings with the phase of a steady tone; the sum over neighbours does so far less.
    """

    def magnitude(x: Tensor) -> Tensor:
        return (torch.nn.functional.avg_pool1d(x.square().flatten(0, 1), 3, stride=1) + _FLOOR).pow(1 / 3)

    return (magnitude(estimate_BNK) - magnitude(target_BNK)).abs().mean()


def si_snr(estimate_S: Tensor, target_S: Tensor) -> float:
    """Scale-invariant signal-to-noise ratio in dB: energy of the projection on the target over that of the rest."""
    projection = target_S * (estimate_S @ target_S) / (target_S @ target_S)
    return float(
        10 * torch.log10(projection.square().sum() / (estimate_S - projection).square().sum().clamp_min(1e-12))
    )


def log_spectral_distance(estimate_S: Tensor, target_S: Tensor) -> float:
    """Root-mean-square difference of log spectra in dB over 2048-sample Hann frames; below -80 dB all is silence."""

    def decibels(x: Tensor) -> Tensor:
        spectrum = torch.stft(x, 2048, 512, window=torch.hann_window(2048), return_complex=True).abs() / 1024
        return 20 * torch.log10(spectrum.clamp_min(_FLOOR))

    return float((decibels(estimate_S) - decibels(target_S)).square().mean(0).sqrt().mean())


@torch.inference_mode()
def evaluate(codec: AudioCodec, sounds: Sequence[Samples]) -> dict[str, float]:
    """Mean SI-SNR and log-spectral distance of sounds that went through the codec; silent sounds are left out.

    ``lowpass_si_snr`` is the trivial codec of the same rate: the lowest 128 coefficients of every frame as they are.
    """
    codec.eval()
    scores: dict[str, list[float]] = {"si_snr": [], "log_spectral_distance": [], "lowpass_si_snr": []}
    for sound in sounds:
        target = torch.from_numpy(sound)
        if float(target.abs().max()) < _FLOOR:
            continue
        decoded = codec.decode(codec.encode(target[None]))[0, : len(target)]
        low = codec.coefficients(target[None])
        low[..., codec.config.latent_channels :] = 0.0
        lowpass = codec.waveform(low)[0, : len(target)]
        scores["si_snr"].append(si_snr(decoded, target))
        scores["log_spectral_distance"].append(log_spectral_distance(decoded, target))
        scores["lowpass_si_snr"].append(si_snr(lowpass, target))
    return {name: float(np.mean(values)) for name, values in scores.items()}


@torch.no_grad()
def fit_linear(codec: AudioCodec, sounds_BS: Tensor) -> None:
    """Set and freeze the shortcuts of a new codec by principal components of training sounds: white latents."""
    flat = codec.coefficients(sounds_BS).flatten(0, 1)
    mean, rows, deviations = components(flat, codec.config.latent_channels)
    units = deviations.clamp_min(float(deviations.max()) * _FAINT)[:, None]
    for layer, weight, bias in (
        (codec.encoder_shortcut, rows / units, -(rows / units) @ mean),
        (codec.decoder_shortcut, (rows * units).T, mean),
    ):
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
        layer.requires_grad_(requires_grad=False)
    lost = flat - codec.decoder_shortcut(codec.encoder_shortcut(flat))
    codec.spread.copy_(flat.std(0).clamp_min(_FLOOR))
    codec.rest.copy_(lost.std(0))


def train(
    recipe: CodecRecipe,
    sample: Sample,
    validation: Sequence[Samples],
    folder: Path,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train a codec and leave ``model.safetensors``, ``config.json`` and ``metrics.jsonl`` in ``folder``.

    Stopped at any point and called again, it goes on from its last checkpoint (``folder/work``) to the same weights;
    the caller removes that when the model is kept.

    Args:
        recipe: Sizes, steps, weights of the losses, seed.
        sample: Draws training sounds with the generator it is given, and nothing else that changes.
        validation: Held-out sounds ``[S]``, at least 2048 samples each.
        folder: The model's folder.
        progress: Called with (step, steps, loss terms).

    Returns:
        The values of :func:`evaluate`, those of the linear start (``linear_...``), ``parameters``, ``seconds``.
    """
    started = time.perf_counter()
    torch.manual_seed(recipe.seed)
    codec = AudioCodec(recipe.model)
    length = round(recipe.seconds * SAMPLE_RATE) // HOP * HOP
    generator = np.random.default_rng((recipe.seed, recipe.steps))  # apart from those of the steps
    fitted = torch.from_numpy(sample(generator, -(-_FIT_FRAMES * HOP // length), length))
    fit_linear(codec, fitted)
    linear = evaluate(codec, validation)

    def loss(step: int, draw: Draw) -> dict[str, Tensor]:
        del step
        with torch.no_grad():
            target = codec.coefficients(torch.from_numpy(sample(draw.numpy, recipe.batch_size, length)))
        posterior = codec.posterior(target)
        mean, logvar = posterior
        noise = torch.randn(mean.shape, generator=draw.torch)
        estimate = codec.reconstruct(mean + torch.exp(0.5 * logvar) * noise)
        terms = {
            "l1": (error := estimate - target).abs().mean(),
            "squared": error.square().mean(),
            "spectrum": spectrum_error(estimate, target),
            "kl": 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).mean(),
        }
        total = terms["l1"] + recipe.spectrum_weight * terms["spectrum"] + recipe.kl_weight * terms["kl"]
        return {"loss": total, **terms}

    solo = Solo(
        codec,
        loss,
        folder,
        steps=recipe.steps,
        learning_rate=recipe.learning_rate,
        checkpoint_every=recipe.checkpoint_every,
        seed=recipe.seed,
        progress=progress,
    )
    solo.run()
    with torch.no_grad():
        codec.set_statistics(codec.posterior(codec.coefficients(fitted)).mean.flatten(0, 1))
    codec.save(folder)
    metrics = evaluate(codec, validation)
    return {
        **metrics,
        **{f"linear_{name}": value for name, value in linear.items()},
        "parameters": float(sum(parameter.numel() for parameter in codec.parameters())),
        "seconds": time.perf_counter() - started,
    }
