"""The Temporal Autoencoder's numbers. Imports no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from models.contrastive.config import FOLDER, WEIGHTS

LATENT_CHANNELS = 16
CONTRASTIVE = "contrastive"


@dataclass(frozen=True)
class AutoencoderConfig:
    """Temporal Autoencoder widths (8x8x8, 16 latent channels; Movie Gen 3.1.1).

    Attributes:
        base_width: Channels at half resolution.
        multipliers: Channels at 1/2, 1/4 and 1/8 resolution, in units of ``base_width``.
        blocks: Residual blocks of the encoder at each of the three.
        decoder_blocks: Those of the decoder: what moves inside a latent frame is drawn there.
        temporal: False for an image autoencoder: the same network without its layers in time.
    """

    base_width: int = 24
    multipliers: tuple[int, int, int] = (1, 3, 6)
    blocks: tuple[int, int, int] = (0, 1, 1)
    decoder_blocks: tuple[int, int, int] = (0, 1, 1)
    latent_channels: int = LATENT_CHANNELS
    temporal: bool = True


STARTER = AutoencoderConfig(base_width=32, multipliers=(1, 2, 5), blocks=(0, 1, 0), decoder_blocks=(1, 2, 1))
"""Sizes of the packaged starter: two thirds of the weights decode."""


@dataclass(frozen=True)
class AutoencoderRecipe:
    """One-process training of the Temporal Autoencoder.

    Attributes:
        init: Folder of an autoencoder to start from, or ``starter`` for the packaged one (``models.starter``); an image
            autoencoder is inflated (``models.autoencoder.inflation``). None starts from principal components.
        trains: ``decoder`` leaves the encoder and its statistics as ``init`` has them, so that latents, and
            all models of latents, stay what they are.
        batch_size: Clips of a video batch; an image batch holds four times as many.
        l1_weight: Of the mean absolute error.
        squared_weight: Of the squared error beside it: it presses on the large errors, which are edges that move.
        outlier_weight: Movie Gen's is 1e5, for crowded footage. In a picture of one object on a plain ground the object
            itself is the outlier, and that weight would erase it.
        gradient_weight: Of the L1 error of differences between neighbours in time, height and width: edges, and when
            they pass.
        perceptual_weight: Of the distance that ``perceptual`` names: ``contrastive``, of what the packaged video tower
            sees, or a file of LPIPS weights.
        adversarial_weight: Of a patch discriminator's term, times its adaptive weight; from step ``adversarial_start``.
        discriminator_rate: The discriminator's learning rate.
        ema_decay: Limit of the decay of the average of the weights that is left as the model; 0 leaves the last ones.
        precision: Of the convolutions: ``bf16-mixed`` is bfloat16 on processors that are fast at it.
    """

    model: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    init: str | None = None
    trains: Literal["all", "decoder"] = "all"
    steps: int = 300
    batch_size: int = 4
    crop: int = 64  # pixels a side
    frames: int = 16
    learning_rate: float = 5e-4
    video_batches_per_image_batch: int = 3
    l1_weight: float = 1.0
    squared_weight: float = 5.0
    kl_weight: float = 1e-4
    outlier_weight: float = 0.1
    outlier_radius: float = 3.0
    gradient_weight: float = 0.0
    perceptual_weight: float = 0.0
    perceptual: str = CONTRASTIVE
    adversarial_weight: float = 0.0
    adversarial_start: int = 0
    discriminator_rate: float = 2e-4
    ema_decay: float = 0.0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    checkpoint_every: int = 100
    seed: int = 0

    @property
    def perceptual_weights(self) -> Path | None:
        """The file that the network of the perceptual term is read from; None where that term has no weight."""
        if not self.perceptual_weight:
            return None
        return FOLDER / WEIGHTS if self.perceptual == CONTRASTIVE else Path(self.perceptual)
