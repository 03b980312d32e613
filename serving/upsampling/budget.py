"""Budget: the largest tiles whose upsampling fits into so much memory, predicted from a trial of one tile."""

from collections.abc import Callable
from dataclasses import dataclass

from serving.errors import RequestRefused
from serving.upsampling.cascade import Enlarger, Size
from serving.upsampling.enlarging import SCALE

Shapes = tuple[tuple[str, tuple[int, ...]], ...]
Trial = Callable[[Shapes], int]
_SIDES = (256, 192, 160, 128, 96, 64, 48, 32)
_CHANNELS = 3
_HELD = 5  # copies of a window's large frames: pieces, the window, what fades into it, and what is resized
_FLOATS = 40  # bytes a number of a tile's large frames beside the graph: the state, its parts and their rounding
_MARGIN = 1.15  # a trial is in a fresh process; this one has memory in pieces


@dataclass(frozen=True)
class EnlargerFit:
    """An enlarger, and the bytes above the idle process that it is predicted to take."""

    enlarger: Enlarger
    predicted: int


def enlarger_fitting(trial: Trial, enlarger: Enlarger, source: Size, size: Size, budget: int) -> EnlargerFit:
    """The enlarger with the largest tiles that fit.

    Args:
        trial: Peak in bytes of one call of the graph with inputs of such names and shapes.
        enlarger: Of the model.
        source: (height, width) of the frames that it is given.
        size: That they are brought to.
        budget: Bytes above the idle process that are never to be exceeded.

    Raises:
        RequestRefused: not even the smallest tiles fit; the message says what they take.
    """
    needed = 0
    for side in _SIDES:
        cut = enlarger.in_tiles(side)
        needed = round(_MARGIN * predicted(trial, cut, source, size))
        if needed <= budget:
            return EnlargerFit(cut, needed)
    raise RequestRefused(
        f"upsampling takes {needed / 2**20:.0f} MiB in the smallest tiles, and half of the budget is for it: "
        f"give {2 * needed / 2**20:.0f} MiB or more"
    )


def predicted(trial: Trial, enlarger: Enlarger, source: Size, size: Size) -> int:
    """Bytes above the idle process: a call of the graph, and the frames of the windows of every doubling."""
    times = enlarger.doublings(source, size)
    if not times:
        return 0
    frames, side = enlarger.tiles.frames, enlarger.tiles.side
    last = [one * SCALE ** (times - 1) for one in source]
    rows, columns = (min(side, one) for one in last)
    places = (frames, rows, columns)
    shapes: Shapes = (
        ("state", (1, _CHANNELS * SCALE**2, *places)),
        ("time", (1,)),
        ("condition", (1, _CHANNELS, *places)),
    )
    tile = _FLOATS * _CHANNELS * SCALE**2 * frames * rows * columns
    window = _CHANNELS * frames * last[0] * last[1] * SCALE**2
    earlier = sum(window // 4**step for step in range(1, times + 1))
    return trial(shapes) + tile + _HELD * (window + earlier)
