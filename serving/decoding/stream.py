"""Stream: frames of a latent as they are decoded, so that memory does not grow with the video's length.

Shapes: C latent channels, T latent frames, h x w latent positions; F frames, H x W pixels.
"""

from collections.abc import Callable, Iterator

import numpy as np

from serving.clip import to_pixels
from serving.decoding.tiles import STRIDE, Tiles
from serving.windows import in_a_row, inner_ramp, spread, weights

Decode = Callable[..., np.ndarray]
PIECE = 8  # frames that are handed on together


def stream(decode: Decode, latent: np.ndarray, frames: int, tiles: Tiles | None = None) -> Iterator[np.ndarray]:
    """Pieces uint8 [., H, W, 3] of at most eight frames, in order; each is decoded when it is asked for.

    The same tiles blended as ``models.autoencoder.tiling`` blends them.

    Args:
        decode: The autoencoder's graph: ``latent`` [1, C, T, h, w] to pixels [1, 3, 8 T, 8 h, 8 w] in [-1, 1].
        latent: Normalised, [C, T, h, w].
        frames: How many the video has; those beyond are dropped.
        tiles: How it is cut.
    """
    tiles = tiles or Tiles()
    left = frames
    for settled in _blended(decode, latent, tiles):
        for start in range(0, min(left, settled.shape[1]), PIECE):
            yield to_pixels(settled[:, start : min(start + PIECE, left)])
        left -= settled.shape[1]
        del settled  # the next tile is decoded without this one beside it
        if left <= 0:
            return


def _blended(decode: Decode, latent: np.ndarray, tiles: Tiles) -> Iterator[np.ndarray]:
    """Pixels [3, ., H, W] that no later tile changes."""
    overlap = tiles.overlap
    rising = inner_ramp(overlap).astype(np.float32)[:, None, None]
    waiting: np.ndarray | None = None
    windows = in_a_row(latent.shape[1], tiles.latent_frames, tiles.latent_overlap)
    for number, window in enumerate(windows):
        tile = picture(decode, latent[:, window.places], tiles)
        if waiting is not None:
            for frame in range(waiting.shape[1]):  # a frame at a time: no copies of all that is shared
                tile[:, frame] = waiting[:, frame] + rising[frame] * (tile[:, frame] - waiting[:, frame])
            waiting = None
        settled = tile.shape[1] - (overlap if number + 1 < len(windows) else 0)
        yield tile[:, :settled]
        waiting = tile[:, settled:].copy()
        del tile


def picture(decode: Decode, latent: np.ndarray, tiles: Tiles) -> np.ndarray:
    """Pixels float32 [3, 8 T, 8 h, 8 w] of a latent [C, T, h, w], decoded whole or from tiles of the picture."""
    rows, columns = latent.shape[2:]
    if tiles.side is None or max(rows, columns) * STRIDE <= tiles.side:
        return _writable(decode(latent=np.ascontiguousarray(latent[None]))[0])
    side, overlap = tiles.side // STRIDE, tiles.side_overlap // STRIDE
    down, across = spread(rows, side, overlap), spread(columns, side, overlap)
    heights, widths = (
        weights([type(one)(one.start * STRIDE, one.stop * STRIDE) for one in line], length * STRIDE, inner_ramp)
        for line, length in ((down, rows), (across, columns))
    )
    whole = np.zeros((3, *(STRIDE * size for size in latent.shape[1:])), np.float32)
    for row, height in zip(down, heights, strict=True):
        for column, width in zip(across, widths, strict=True):
            cut = np.ascontiguousarray(latent[None, :, :, row.places, column.places])
            tile = _writable(decode(latent=cut)[0])
            tile *= height[:, None] * width
            top, left = row.start * STRIDE, column.start * STRIDE
            whole[:, :, top : top + tile.shape[2], left : left + tile.shape[3]] += tile
    return whole


def _writable(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.flags.writeable else pixels.copy()
