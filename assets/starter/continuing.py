"""What the starter for known frames makes of held-out clips: films from their ends, and films that go on from them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assets.evaluation.serving_config import serving_config
from assets.starter.latents import FRAMES, SIDE
from assets.starter.quality import Asked, Frames
from models.recipes import FPS, demo
from models.starter import AUTOENCODER, BACKBONE, KNOWN
from serving.known import Ends
from serving.pipeline import Pipeline

WAYS = ("first", "last", "both")
"""Which of a clip's ends are given."""


def opened(folder: Path, known: Path | None = KNOWN, backbone: Path = BACKBONE) -> Pipeline:
    """The starter as the demo's models are sampled, in torch.

    Args:
        folder: For what is written on the way.
        known: Folder of the network that takes known frames; None: the model takes none.
        backbone: Folder of the one that it changes.
    """
    from models.backbone import load_backbone
    from models.distillation import KNOWN_FRAMES
    from models.export.graphs import torch_graphs
    from models.text.encoders import save_tokenizers

    folders = {"backbone": backbone, "autoencoder": AUTOENCODER}
    if known is not None:
        folders["known_backbone"] = KNOWN_FRAMES.merged(known, backbone, folder / "known")
    tokenizers = save_tokenizers(load_backbone(backbone).config.text, folder)
    return Pipeline(torch_graphs(folders), tokenizers, serving_config(demo()))


def ends_of(clip: Frames, way: str) -> Ends:
    """The pictures of a clip that one of :data:`WAYS` gives."""
    return Ends(clip[0] if way != "last" else None, clip[-1] if way != "first" else None)


def drawn(pipeline: Pipeline, asked: Asked, number: int, way: str | None) -> Frames:
    """The film uint8 [32, 64, 64, 3] of a prompt, with the ends of its clip if a way is named; the seed is its number.

    Args:
        pipeline: See ``opened``.
        asked: Prompts and clips.
        number: Of the prompt.
        way: One of :data:`WAYS`; None: from the text alone.
    """
    ends = None if way is None else ends_of(asked.clips[number], way)
    texts, size = [asked.prompts[number].text], (SIDE, SIDE)
    (latent,) = pipeline.latents(texts, [number], seconds=FRAMES / FPS, aspect=size, ends=ends)
    return pipeline.decode(latent, FRAMES)


def continued(pipeline: Pipeline, asked: Asked, number: int, known: int) -> Frames:
    """The film of a prompt that begins with ``known`` latent frames of its clip and goes on from them."""
    latent = pipeline.encode(asked.clips[number])[0]
    made = pipeline.next_latent(asked.prompts[number].text, latent[:, :known], latent.shape, seed=number)
    return pipeline.decode(made, FRAMES)


def mean_change(films: Sequence[Frames]) -> np.ndarray:
    """How much each frame differs from the one before, in grey levels, over all films: float64 [32]."""
    from serving.seams import changes

    return np.mean([changes(film) for film in films], axis=0)
