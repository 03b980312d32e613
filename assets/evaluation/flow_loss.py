"""Validation flow loss of a model, beside two controls: no training, and captions exchanged between clips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.text.config import TEXT_NAMES

if TYPE_CHECKING:
    from torch import Tensor, nn

    Batch = dict[str, Tensor]

_BATCH = 8
_SEED = 0  # of the control's random weights


class NothingToValidate(RuntimeError):
    """The latents hold no validation samples of the groups asked for."""


@dataclass(frozen=True)
class FlowLosses:
    """Mean squared velocity error on fixed noise and times, over the same samples.

    Attributes:
        model: Of the trained model.
        untrained: Of the same network with random weights.
        exchanged: Of the trained model when each sample gets another one's condition.
        samples: How many samples were looked at.
    """

    model: float
    untrained: float
    exchanged: float
    samples: int


def video_losses(model: "nn.Module", latents: Path, groups: Sequence[str], *, looks: int = 4) -> FlowLosses:
    """Losses of a video backbone; the exchanged condition is the caption.

    Args:
        model: A ``models.backbone.Backbone``.
        latents: Folder of a latent index.
        groups: Its groups to validate on.
        looks: Times a sample.

    Raises:
        NothingToValidate: no validation sample has a partner of its own size.
    """
    return _losses(model, latents, groups, TEXT_NAMES, looks)


def audio_losses(model: "nn.Module", latents: Path, *, looks: int = 4) -> FlowLosses:
    """Losses of the audio model; the exchanged condition is the video. Raises NothingToValidate."""
    return _losses(model, latents, ("audio",), ("video",), looks)


def _losses(
    model: "nn.Module", latents: Path, groups: Sequence[str], exchanged: Sequence[str], looks: int
) -> FlowLosses:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        untrained = type(model)(model.config).eval()
    totals = {"model": 0.0, "untrained": 0.0, "exchanged": 0.0}
    count = 0
    for seed, batch in enumerate(_batches(latents, groups)):
        other = {**batch, **{name: batch[name].roll(1, 0) for name in exchanged}}
        totals["model"] += _total(model, batch, seed, looks)
        totals["untrained"] += _total(untrained, batch, seed, looks)
        totals["exchanged"] += _total(model, other, seed, looks)
        count += len(batch["latent"])
    if count == 0:
        raise NothingToValidate(f"{latents} has no two validation samples of one size in {', '.join(groups)}")
    return FlowLosses(**{name: total / count for name, total in totals.items()}, samples=count)


def _total(model: "nn.Module", batch: "Batch", seed: int, looks: int) -> float:
    from models.flow import validation_flow_loss
    from models.training.texts import text_of

    conditions = (text_of(batch), *(batch[name] for name in ("video",) if name in batch))
    losses = validation_flow_loss(
        lambda position, times: model(position, times, *conditions), batch["latent"], seed, looks
    )
    return float(losses.sum())


def _batches(latents: Path, groups: Sequence[str]) -> Iterator["Batch"]:
    """Validation samples in fixed batches of one size each; a sample alone has nobody to exchange with."""
    from models.training.shards import INDEX, open_shards

    buckets = open_shards(latents / INDEX).buckets
    for group in groups:
        for bucket in buckets.get((group, "validation"), ()):
            for start in range(0, len(bucket), _BATCH):
                rows = list(range(start, min(start + _BATCH, len(bucket))))
                if len(rows) > 1:
                    yield bucket.gather(rows)
