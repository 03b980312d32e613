"""Budget: the largest tiles whose decoding fits into so much memory, predicted from a trial of one tile."""

from collections.abc import Callable
from dataclasses import dataclass

from serving.decoding.stream import PIECE
from serving.decoding.tiles import STRIDE, Tiles
from serving.errors import RequestRefused

Shape = tuple[int, int, int, int]
Trial = Callable[[Shape], int]
_FLOATS = 12  # bytes of a pixel's three numbers
_HANDED_ON = 30  # bytes a pixel while floats become bytes: two copies of the floats, two of the bytes
_MARGIN = 1.15  # a trial is in a fresh process; this one has memory in pieces
_SIDES = (1024, 768, 512, 384, 256, 192, 128, 96, 64)


@dataclass(frozen=True)
class Fit:
    """Tiles, and the bytes above the idle process that decoding with them is predicted to take."""

    tiles: Tiles
    predicted: int


def fitting(trial: Trial, latent: Shape, budget: int) -> Fit:
    """The largest tiles that fit.

    Args:
        trial: Peak in bytes of decoding a tile [C, T, h, w] in one call of the graph.
        latent: The shape [C, T, h, w] of what is to be decoded.
        budget: Bytes above the idle process that are never to be exceeded.

    Raises:
        RequestRefused: not even the smallest tiles fit; the message says what they take.
    """
    ladder = candidates(latent)
    low, high, best, least = 0, len(ladder) - 1, None, 0
    while low <= high:
        middle = (low + high) // 2
        fit = Fit(ladder[middle], predicted(trial, latent, ladder[middle]))
        if fit.predicted * _MARGIN <= budget:
            best, high = fit, middle - 1
        else:
            low, least = middle + 1, fit.predicted
    if best is None:
        needed = least * _MARGIN / 2**20
        raise RequestRefused(f"decoding takes {needed:.0f} MiB in the smallest tiles; {budget / 2**20:.0f} are too few")
    return best


def candidates(latent: Shape) -> list[Tiles]:
    """Tiles from the largest to the smallest, no two of them cutting ``latent`` [C, T, h, w] alike."""
    longest = STRIDE * max(latent[2:])
    sides = [side for side in _SIDES if side < longest]
    return [
        Tiles(),
        Tiles(16, 8),
        *(Tiles(16, 8, side, side // 4 // STRIDE * STRIDE) for side in sides),
    ]


def predicted(trial: Trial, latent: Shape, tiles: Tiles) -> int:
    """Bytes above the idle process that ``stream`` takes: a call of the graph, and what it holds beside it."""
    channels, *lengths = latent
    shape = tiles.latent_shape((lengths[0], lengths[1], lengths[2]))
    pixels = STRIDE**2 * latent[2] * latent[3]
    waiting = _FLOATS * tiles.overlap * pixels if latent[1] > shape[0] else 0
    assembled = _FLOATS * STRIDE * shape[0] * pixels if shape[1:] != latent[2:] else 0
    return trial((channels, *shape)) + assembled + max(waiting, _HANDED_ON * PIECE * pixels)
