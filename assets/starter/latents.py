"""Latents of a corner of the sandbox world through the starter autoencoder, encoded once, as training reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.encoding.encoder import TextStates, scene
from assets.encoding.plan import Part, at_rates
from assets.encoding.shards import NULL, write_index, write_shard
from assets.sandbox_corpus.lots import record
from assets.sandbox_corpus.record import Kind, Record
from assets.world.lasting import lasting
from assets.world.render import pictures
from models.precision import autocast
from models.recipes import FPS, CorpusWorld, Split
from models.starter import AUTOENCODER
from models.text.config import TextConfig

if TYPE_CHECKING:
    from models.autoencoder import TemporalAutoencoder

SIDE = 64  # pixels
FRAMES = 32
IMAGES, VIDEOS, HIGH = "image-low", "video-low", "video-high"
_SHARD = 256  # samples at most
_PIXELS = 2 << 20  # encoded at once
_ENDS = (("first", 0), ("last", -1))


@dataclass(frozen=True)
class _Shape:
    """What the clips of a group are; they are dealt out in turn to its sizes (height, width)."""

    kind: Kind
    frames: int
    sizes: tuple[tuple[int, int], ...] = ((SIDE, SIDE),)


_SHAPES = {
    IMAGES: _Shape("image", 1),
    VIDEOS: _Shape("video", FRAMES),
    HIGH: _Shape("video", 2 * FRAMES, ((64, 64), (64, 112), (112, 64))),
}


def parts(
    world: CorpusWorld, group: str, split: Split, count: int, first: int = 0, rates: Sequence[int] = (FPS,)
) -> Iterator[Part]:
    """Shards of clips ``first`` to ``first + count`` of a group, each clip as the corpus draws it.

    Where there is a second frame rate, every fourth video has it.
    """
    shape = _SHAPES[group]
    for start in range(first, first + count, _SHARD):
        clips = [record(shape.kind, split, index, world) for index in range(start, min(start + _SHARD, first + count))]
        for number, size in enumerate(shape.sizes):
            dealt = clips[number :: len(shape.sizes)]
            for fps, shown in at_rates(dealt, rates if shape.kind == "video" else (FPS,)):
                if shown:
                    yield Part(group, split, *size, shape.frames, tuple(shown), start // _SHARD, fps)


def encode(
    folder: Path,
    world: CorpusWorld,
    text: TextConfig,
    counts: dict[tuple[str, Split], int],
    *,
    start: int = 0,
    ends: bool = False,
    rates: Sequence[int] = (FPS,),
) -> Path:
    """Encode clips, each shard once, and write the index over them.

    Args:
        folder: Gets the shards; finished ones are kept, so that other counts or rates want another folder.
        world: The corner that clips are drawn from.
        text: The encoders of the captions.
        counts: Clips of each group and split.
        start: Number of the first clip.
        ends: Whether the first and the last picture of each clip are encoded too, as ``first`` and ``last``.
        rates: Frames a second (:func:`parts`).

    Returns:
        The index.
    """
    from models.autoencoder import load_autoencoder
    from models.text.encoders import load_encoders
    from models.text.tokens import prefixed

    autoencoder, encoders = load_autoencoder(AUTOENCODER), load_encoders(text)
    folder.mkdir(parents=True, exist_ok=True)
    write_shard(folder / NULL, {name: value[0] for name, value in TextStates(encoders).of([""]).items()})
    planned = [
        part for (group, split), count in counts.items() for part in parts(world, group, split, count, start, rates)
    ]
    for part in planned:
        if not (folder / part.name).exists():
            shown = [scene(clip.spec, part) for clip in part.clips if isinstance(clip, Record)]
            tensors = {"latent": encoded(autoencoder, shown)}
            if ends:
                tensors |= {name: encoded(autoencoder, [clip[place] for clip in shown]) for name, place in _ENDS}
            captions = [prefixed(clip.caption, part.fps) for clip in part.clips]
            write_shard(folder / part.name, tensors | TextStates(encoders).of(captions))
    write_index(folder, planned, text)
    return folder / "index.json"


def latents(autoencoder: "TemporalAutoencoder", clips: Sequence[Record]) -> NDArray[np.float16]:
    """Normalised latents [N, 16, 4, 8, 8] of clips at 64 px, whose action lasts two seconds."""
    shown = [pictures(lasting(clip.spec, FRAMES / FPS), SIDE, SIDE, FPS, FRAMES) for clip in clips]
    return encoded(autoencoder, shown)


def encoded(autoencoder: "TemporalAutoencoder", shown: Sequence[NDArray[np.uint8]]) -> NDArray[np.float16]:
    """Normalised latents of clips uint8 [F, H, W, 3], [N, 16, T, h, w]; of pictures [H, W, 3], [N, 16, h, w].

    All are of one size.
    """
    import torch

    found = []
    together = max(1, _PIXELS * 3 // shown[0].size)
    for start in range(0, len(shown), together):
        batch = np.stack(shown[start : start + together])
        clips = batch[:, None] if batch.ndim == 4 else batch
        with torch.inference_mode(), autocast():
            video = torch.from_numpy(clips).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
            latent = autoencoder.encode(video).half().numpy()
        found.append(latent[:, :, 0] if batch.ndim == 4 else latent)
    return np.concatenate(found)
