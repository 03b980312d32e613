"""Latents of a corner of the sandbox world through the starter autoencoder, encoded once, as training reads them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.encoding.encoder import TextStates
from assets.encoding.plan import Part
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
IMAGES, VIDEOS = "image-low", "video-low"
_KINDS: dict[str, tuple[Kind, int]] = {IMAGES: ("image", 1), VIDEOS: ("video", FRAMES)}
_SHARD = 256  # samples at most
_BATCH = 16  # clips encoded at once
_ENDS = (("first", 0), ("last", -1))


def parts(world: CorpusWorld, group: str, split: Split, count: int, first: int = 0) -> Iterator[Part]:
    """Shards of clips ``first`` to ``first + count`` of a group, each clip as the corpus draws it."""
    kind, frames = _KINDS[group]
    for start in range(first, first + count, _SHARD):
        clips = tuple(record(kind, split, index, world) for index in range(start, min(start + _SHARD, first + count)))
        yield Part(group, split, SIDE, SIDE, frames, clips, start // _SHARD)


def encode(
    folder: Path,
    world: CorpusWorld,
    text: TextConfig,
    counts: dict[tuple[str, Split], int],
    *,
    start: int = 0,
    ends: bool = False,
) -> Path:
    """Encode clips, each shard once, and write the index over them.

    Args:
        folder: Gets the shards; finished ones are kept.
        world: The corner that clips are drawn from.
        text: The encoders of the captions.
        counts: Clips of each group and split.
        start: Number of the first clip.
        ends: Whether the first and the last picture of each clip are encoded too, as ``first`` and ``last``.

    Returns:
        The index.
    """
    from models.autoencoder import load_autoencoder
    from models.text.encoders import load_encoders
    from models.text.tokens import prefixed

    autoencoder, encoders = load_autoencoder(AUTOENCODER), load_encoders(text)
    folder.mkdir(parents=True, exist_ok=True)
    write_shard(folder / NULL, {name: value[0] for name, value in TextStates(encoders).of([""]).items()})
    planned = [part for (group, split), count in counts.items() for part in parts(world, group, split, count, start)]
    for part in planned:
        if not (folder / part.name).exists():
            shown = [shot(clip, part.frames) for clip in part.clips if isinstance(clip, Record)]
            tensors = {"latent": encoded(autoencoder, shown)}
            if ends:
                tensors |= {name: encoded(autoencoder, [clip[place] for clip in shown]) for name, place in _ENDS}
            captions = [prefixed(clip.caption) for clip in part.clips]
            write_shard(folder / part.name, tensors | TextStates(encoders).of(captions))
    write_index(folder, planned, text)
    return folder / "index.json"


def latents(autoencoder: "TemporalAutoencoder", clips: list[Record], frames: int) -> NDArray[np.float16]:
    """Normalised latents [N, 16, T, 8, 8] of the first frames of clips."""
    return encoded(autoencoder, [shot(clip, frames) for clip in clips])


def encoded(autoencoder: "TemporalAutoencoder", shown: Sequence[NDArray[np.uint8]]) -> NDArray[np.float16]:
    """Normalised latents of clips uint8 [F, H, W, 3], [N, 16, T, h, w]; of pictures [H, W, 3], [N, 16, h, w]."""
    import torch

    found = []
    for start in range(0, len(shown), _BATCH):
        batch = np.stack(shown[start : start + _BATCH])
        clips = batch[:, None] if batch.ndim == 4 else batch
        with torch.inference_mode(), autocast():
            video = torch.from_numpy(clips).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
            latent = autoencoder.encode(video).half().numpy()
        found.append(latent[:, :, 0] if batch.ndim == 4 else latent)
    return np.concatenate(found)


def shot(clip: Record, frames: int) -> NDArray[np.uint8]:
    """The first frames of a clip uint8 [F, 64, 64, 3]; its action lasts two seconds."""
    return pictures(lasting(clip.spec, FRAMES / FPS) if frames > 1 else clip.spec, SIDE, SIDE, FPS, frames)
