"""Seams of decoded tiles: clips of the sandbox world through the starter autoencoder, in tiles and whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from serving.decoding.stream import Decode, stream
from serving.decoding.tiles import STRIDE, WHOLE, Tiles
from serving.seams import changes, line_changes, seam
from serving.windows import Window, in_a_row, spread

Frames = NDArray[np.uint8]
CUT = Tiles(side=64, side_overlap=16)
APART = Tiles(overlap=0, side=64, side_overlap=0)
SIDE, FRAMES = 128, 64
_LEVEL = 4 / 127.5  # of pixels in [-1, 1]: four of 255 steps
_FIRST = 1 << 21  # held-out clips from here on, of which no training saw any
AXES = ("time", "rows", "columns")


@dataclass
class Uneven:
    """A decoder every other of whose tiles is a little brighter: a planted seam, as colours that drift make one."""

    decode: Decode
    calls: int = field(default=0)

    def __call__(self, *, latent: np.ndarray) -> np.ndarray:
        """Pixels of a latent."""
        self.calls += 1
        return self.decode(latent=latent) + np.float32(_LEVEL * (self.calls % 2))


def latents(clips: int) -> Iterator[np.ndarray]:
    """Latents [C, 8, 16, 16] of clips of the demo's corner that no training drew."""
    from assets.sandbox_corpus.lots import corner, seed_of
    from assets.world.draw import draw
    from assets.world.lasting import lasting
    from assets.world.render import pictures
    from models.export.graphs import torch_graphs
    from models.recipes import FPS, demo
    from models.starter import AUTOENCODER
    from serving.clip import from_pixels

    encode = torch_graphs({"autoencoder": AUTOENCODER})["autoencoder_encode"]
    options = corner(demo().world, "validation")
    for index in range(clips):
        spec = lasting(draw(seed_of("video", "validation", _FIRST + index), options), FRAMES / FPS)
        yield encode(video=from_pixels(pictures(spec, SIDE, SIDE, FPS, FRAMES))[None])[0]


def measured(decode: Decode, found: Sequence[np.ndarray]) -> dict[str, float]:
    """Means over latents of the seams of tiles, and of planted ones: in time and across rows and columns.

    What a clip changes by at the places of boundaries need not be what it changes by elsewhere: each ratio is over that
    of the same clip decoded whole.
    """
    figures: dict[str, float] = {}
    for name, tiles, way in (("seam", CUT, decode), ("seam_planted", APART, Uneven(decode))):
        ratios = [_against_whole(decode, way, latent, tiles) for latent in found]
        figures |= {
            f"{name}_{axis}": mean(values) for axis, values in zip(AXES, zip(*ratios, strict=True), strict=True)
        }
    return figures


def _against_whole(decode: Decode, way: Decode, latent: np.ndarray, tiles: Tiles) -> list[float]:
    frames = STRIDE * latent.shape[1]
    cut, whole = (
        np.concatenate(list(stream(*one))) for one in ((way, latent, frames, tiles), (decode, latent, frames, WHOLE))
    )
    lines = boundaries(latent, tiles)
    found = []
    for axis, places in enumerate(lines):
        tiled, plain = (seam(_changes(video, axis), places, period=STRIDE) for video in (cut, whole))
        found.append(tiled / plain)
    return found


def boundaries(latent: np.ndarray, tiles: Tiles) -> tuple[list[int], ...]:
    """Frames, rows and columns at which tiles of a latent [C, T, h, w] begin or have ended, its own ends aside."""
    side, shared = (tiles.side or 0) // STRIDE, tiles.side_overlap // STRIDE
    length, rows, columns = latent.shape[1:]
    lines = (
        in_a_row(length, tiles.latent_frames, tiles.latent_overlap),
        spread(rows, side, shared),
        spread(columns, side, shared),
    )
    return tuple(_ends(line, size) for line, size in zip(lines, latent.shape[1:], strict=True))


def _ends(windows: Sequence[Window], length: int) -> list[int]:
    places = {STRIDE * place for window in windows for place in (window.start, window.stop)}
    return sorted(places - {0, STRIDE * length})


def _changes(video: Frames, axis: int) -> NDArray[np.float64]:
    return line_changes(video, axis) if axis else changes(video)
