"""Budget: the tiles that frames can be enlarged in, and what enlarging in them takes."""

import math
from collections.abc import Callable

from serving.trial import Need
from serving.upsampling.cascade import Enlarger, Size
from serving.upsampling.enlarging import SCALE
from serving.upsampling.tiles import STRIDE

Trial = Callable[[tuple[int, int, int]], Need]
_SIDES = (256, 192, 160, 128, 96, 64, 48, 32)
_CHANNELS = 3
_PIECE = 10  # frames, at most, that come together


def candidates(enlarger: Enlarger, source: Size, size: Size) -> list[Enlarger]:
    """The enlarger with tiles from the largest to the smallest, no two cutting frames of ``source`` alike."""
    times = enlarger.doublings(source, size)
    if not times:
        return [enlarger]
    longest = max(source) * SCALE ** (times - 1)
    sides = [side for side in _SIDES if side < longest]
    whole = [side for side in _SIDES if side >= longest][-1:]
    return [enlarger.in_tiles(side) for side in [*whole, *sides]]


def enlarging_need(trial: Trial, enlarger: Enlarger, source: Size, size: Size, frames: int) -> Need:
    """Bytes above the idle process: doubling a tile of the last doubling, and the frames that all of them hold.

    Args:
        trial: What doubling a tile of frames [F, H, W] takes.
        enlarger: What enlarges.
        source: (height, width) of the frames that it is given.
        size: That they are brought to.
        frames: How many they are.
    """
    times, tiles = enlarger.doublings(source, size), enlarger.tiles
    if not times:
        return Need(0, 0)
    window = min(tiles.frames, frames)
    held = before = frame = 0
    rows = columns = height = width = 0
    shapes = []
    for step in range(times):
        height, width = (STRIDE * -(-side * SCALE**step // STRIDE) for side in source)
        rows, columns = (tiles.line(side)[0].length for side in (height, width))
        shapes.append((window, rows, columns))
        frame, before = _CHANNELS * height * width, held
        held += frame * (SCALE**2 * window + min(tiles.frames - tiles.overlap, frames))
    call = trial(max(shapes, key=math.prod))
    given = frame * (min(tiles.frames + _PIECE, frames) + SCALE**2 * tiles.overlap)
    whole = SCALE**2 * frame * window
    band = whole * rows // height
    # Arrays are resident as far as they are written: at the last tile all but its own row, and of that all but itself.
    written = whole * (height - rows) // height + band * (width - columns) // width
    working = given + max(call.peak - call.held + written, whole + band)
    return Need(call.held + held, call.held + before + working)
