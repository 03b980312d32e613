"""Samples of a training, decoded and put beside the clips whose captions they follow."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from models.files import atomic_path
from models.flow import VelocityFn
from models.recipes import DataMix
from models.training.draws import sample_generator
from models.training.shards import open_shards

SAMPLES = "samples"
_SEED = 20_241_018
_SHOWN = 4  # clips
_STEPS = 8  # of Euler, without guidance: a glance, not the model's best
_GAP = 2  # pixels between pictures

Say = Callable[[str], None]


class Sampling(pl.Callback):
    """Draws a grid whenever the training is validated: clips above, samples of the averaged weights for them below.

    Of each the first and the last latent frame are decoded. The same captions and noise are taken every time. Latents
    whose index names no autoencoder, and sounds, are not drawn.

    Args:
        mix: Groups; the first validation samples of the largest bucket of the first are taken.
        folder: Gets ``step-000100.png``.
        every: Steps between two grids; one more comes after the last step.
        say: Told when the autoencoder is gone.
        record: See ``open_shards``.
    """

    def __init__(self, mix: Sequence[DataMix], folder: Path, every: int, say: Say, record: Path | None = None) -> None:
        shards = open_shards(Path(mix[0].index), record)
        bucket = shards.group(mix[0].group, "validation")[-1]
        self._batch = bucket.gather(list(range(min(_SHOWN, len(bucket)))))
        self._folder = folder
        self._every = every
        self._autoencoder = shards.autoencoder
        if self._autoencoder is not None and not self._autoencoder.exists():
            say(f"no samples are drawn: {self._autoencoder}, the autoencoder of {mix[0].index}, is gone")
            self._autoencoder = None

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:
        """At intervals, and after the last step."""
        due = pl_module.done == pl_module.recipe.steps or pl_module.done % self._every == 0
        if due and self._autoencoder is not None and self._batch["latent"].ndim == 5:
            self._draw(trainer, pl_module, self._autoencoder)

    @torch.no_grad()
    def _draw(self, trainer: pl.Trainer, training: Any, autoencoder: Path) -> None:
        """Every rank samples, as sharded networks need; the first one draws."""
        batch = {name: value.to(training.device) for name, value in self._batch.items()}
        real = batch.pop("latent")
        noise = torch.stack(
            [torch.randn(real.shape[1:], generator=sample_generator(_SEED, 0, row, 0)) for row in range(len(real))]
        ).to(real)
        called = training.sharding.called(training)
        called.eval()
        with training.average.applied():
            drawn = euler(lambda latent, times: called(latent, times, batch), noise, _STEPS)
        called.train()
        if trainer.is_global_zero:
            grid(self._folder / f"step-{training.done:06d}.png", autoencoder, (real.cpu(), drawn.cpu()))


def euler(velocity_fn: VelocityFn, noise: Tensor, steps: int) -> Tensor:
    """Follow a velocity from noise at time 0 to data at time 1 in equal steps (Movie Gen 3.1.1)."""
    latent = noise
    for step in range(steps):
        times = torch.full((len(latent),), step / steps, device=latent.device)
        latent = latent + velocity_fn(latent, times) / steps
    return latent


def grid(path: Path, autoencoder: Path, rows: Sequence[Tensor]) -> Path:
    """Write a PNG: a row for each of ``rows``, latents [B, C, T, H, W]; of each clip its beginning beside its end."""
    from PIL import Image

    from models.autoencoder import load_autoencoder

    network = load_autoencoder(autoencoder)
    lines = []
    for latents in rows:
        ends = (latents[:, :, :1], latents[:, :, -1:]) if latents.shape[2] > 1 else (latents,)
        shown = [_middle(network.decode(end.float())) for end in ends]
        cells = [picture for clip in zip(*shown, strict=True) for picture in clip]
        lines.append(np.concatenate([_framed(cell) for cell in cells], axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        Image.fromarray(np.concatenate(lines)).save(unfinished, "PNG")
    return path


def _middle(video: Tensor) -> np.ndarray:
    """The middle frame uint8 [B, H, W, 3] of [B, 3, F, H, W] in -1 to 1."""
    frame = video[:, :, video.shape[2] // 2].clamp(-1, 1)
    return ((frame + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def _framed(picture: np.ndarray) -> np.ndarray:
    return np.pad(picture, ((0, _GAP), (0, _GAP), (0, 0)), constant_values=255)
