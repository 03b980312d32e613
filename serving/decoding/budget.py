"""Budget: the tiles that a latent can be decoded in, and what decoding in them takes."""

from collections.abc import Callable

from serving.decoding.stream import PIECE
from serving.decoding.tiles import STRIDE, Tiles
from serving.trial import Need

Shape = tuple[int, int, int, int]
Trial = Callable[[Shape], Need]
_FLOATS = 12  # bytes of a pixel's three numbers
_HANDED_ON = 30  # bytes a pixel while floats become bytes: two copies of the floats, two of the bytes
_SIDES = (1024, 768, 512, 384, 256, 192, 128, 96, 64)


def candidates(latent: Shape) -> list[Tiles]:
    """Tiles from the largest to the smallest, no two of them cutting ``latent`` [C, T, h, w] alike."""
    longest = STRIDE * max(latent[2:])
    sides = [side for side in _SIDES if side < longest]
    return [
        Tiles(),
        Tiles(16, 8),
        *(Tiles(16, 8, side, side // 4 // STRIDE * STRIDE) for side in sides),
    ]


def decoding_need(trial: Trial, latent: Shape, tiles: Tiles) -> Need:
    """Bytes above the idle process that ``stream`` takes: a call of the graph, and what it holds beside it.

    Args:
        trial: What decoding a tile [C, T, h, w] in one call of the graph takes.
        latent: The shape [C, T, h, w] of what is decoded.
        tiles: How it is cut.
    """
    channels, *lengths = latent
    shape = tiles.latent_shape((lengths[0], lengths[1], lengths[2]))
    pixels = STRIDE**2 * latent[2] * latent[3]
    waiting = _FLOATS * tiles.overlap * pixels if latent[1] > shape[0] else 0
    assembled = _FLOATS * STRIDE * shape[0] * pixels if shape[1:] != latent[2:] else 0
    call = trial((channels, *shape))
    return Need(call.held + assembled, call.peak + assembled + max(waiting, _HANDED_ON * PIECE * pixels))
