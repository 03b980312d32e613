"""Temporal tiling (Movie Gen 3.1.1): clips of any length, a tile at a time, so that memory does not grow with length.

Shapes: B clips, C latent channels, F pixel frames, T latent frames, H x W pixels, h x w latent positions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from models.autoencoder.network import TemporalAutoencoder

STRIDE = 8  # pixel frames of a latent frame


class WrongTiling(ValueError):
    """Tiles that do not cover whole latent frames, or that would never get on."""


@dataclass(frozen=True)
class Tiling:
    """How a clip is cut in time, in pixel frames; Movie Gen's values.

    Attributes:
        frames: Of a tile.
        encoder_overlap: Of one tile with the next when they are encoded.
        decoder_overlap: When they are decoded.

    Raises:
        WrongTiling: A number is no multiple of 8, or an overlap is as long as a tile.
    """

    frames: int = 32
    encoder_overlap: int = 0
    decoder_overlap: int = 16

    def __post_init__(self) -> None:
        numbers = (self.frames, self.encoder_overlap, self.decoder_overlap)
        if any(number % STRIDE for number in numbers):
            raise WrongTiling(f"tiles of {numbers} frames: give multiples of {STRIDE}, whole latent frames")
        if not all(0 <= overlap < self.frames for overlap in numbers[1:]):
            raise WrongTiling(f"tiles of {self.frames} frames cannot overlap by {numbers[1:]}: 0 up to below a tile")


def encode(model: TemporalAutoencoder, frames: Iterable[Tensor], tiling: Tiling | None = None) -> Iterator[Tensor]:
    """Normalised latents ``[B, C, ., h, w]`` of a clip, a piece at a time: ceil(F/8) latent frames in all.

    Args:
        model: The autoencoder, in evaluation mode.
        frames: The clip in pieces ``[B, 3, ., H, W]`` of any lengths, pixels in [-1, 1]; read as they are needed.
        tiling: How it is cut.
    """
    cut = tiling or Tiling()
    tiles = (_encoded(model, tile) for tile in _tiles(frames, cut.frames, cut.encoder_overlap))
    return blended(tiles, cut.encoder_overlap // STRIDE)


def decode(
    model: TemporalAutoencoder, latent_BCTHW: Tensor, frames: int | None = None, tiling: Tiling | None = None
) -> Iterator[Tensor]:
    """Pixels ``[B, 3, ., H, W]`` of a normalised latent, a piece at a time, in order.

    Args:
        model: The autoencoder, in evaluation mode.
        latent_BCTHW: All of the clip's latents: small beside its frames.
        frames: How many the clip has; those beyond, at most seven, are dropped. None keeps all 8T.
        tiling: How it is cut.
    """
    cut = tiling or Tiling()
    tiles = _tiles([latent_BCTHW], cut.frames // STRIDE, cut.decoder_overlap // STRIDE)
    left = STRIDE * latent_BCTHW.shape[2] if frames is None else frames
    for piece in blended((_decoded(model, tile) for tile in tiles), cut.decoder_overlap):
        if left > 0:
            yield piece[:, :, :left]
        left -= piece.shape[2]


def blended(tiles: Iterable[Tensor], overlap: int) -> Iterator[Tensor]:
    """Tiles ``[B, C, ., H, W]`` in a row, each beginning ``overlap`` frames before the end of the last, as one clip.

    Frame j of n that two tiles share is ``(1 - w) * last + w * next`` with ``w = (j + 1 - m) / (n + 1 - 2 m)``, cut to
    [0, 1]: the outer ``m = n // 4`` at either end of a tile are context alone, for beyond its ends a tile sees its
    edge repeated. (Linear over all of the overlap, as Movie Gen has it, a video changes more where tiles begin and end:
    ``cinemill bench decode``.) What no later tile can change is handed on at once.
    """
    margin = overlap // 4
    weights = ((torch.arange(overlap) + 1.0 - margin) / (overlap + 1 - 2 * margin)).clamp(0, 1).view(-1, 1, 1)
    waiting: Tensor | None = None
    for tile in tiles:
        ready = tile
        if waiting is not None:
            shared = torch.lerp(waiting, tile[:, :, :overlap], weights)
            ready = torch.cat([shared, tile[:, :, overlap:]], dim=2)
        settled = max(0, ready.shape[2] - overlap)
        if settled:
            yield ready[:, :, :settled]
        waiting = ready[:, :, settled:].clone()  # a view would keep the whole tile
    if waiting is not None and waiting.shape[2]:
        yield waiting


def _tiles(pieces: Iterable[Tensor], length: int, overlap: int) -> Iterator[Tensor]:
    """Tiles of ``length``, each beginning ``overlap`` before the end of the last; the very last may be shorter.

    None lies wholly in the one before it.
    """
    held: list[Tensor] = []
    for piece in pieces:
        held.append(piece)
        if sum(one.shape[2] for one in held) <= length:
            continue
        row, held = torch.cat(held, dim=2), []
        while row.shape[2] > length:
            yield row[:, :, :length]
            row = row[:, :, length - overlap :]
        held = [row.clone()]  # a view would keep the tile
        del row
    if held and (last := torch.cat(held, dim=2)).shape[2]:
        yield last


@torch.inference_mode()
def _encoded(model: TemporalAutoencoder, tile: Tensor) -> Tensor:
    return model.encode(tile)


@torch.inference_mode()
def _decoded(model: TemporalAutoencoder, tile: Tensor) -> Tensor:
    return model.decode(tile)
