"""Doubling: frames of twice the size from a flow that starts at the enlarged ones, as they come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from serving.clip import from_pixels, to_pixels
from serving.errors import RequestRefused, SamplingFailed
from serving.sampling.guidance import Graph
from serving.sampling.schedule import uniform
from serving.sampling.solver import integrate
from serving.upsampling.enlarging import SCALE, enlarged, folded, unfolded
from serving.upsampling.tiles import STRIDE, Tiles, laid, padded


@dataclass(frozen=True)
class Doubling:
    """Frames of twice the size by an upsampler's graph, a window in time and a tile at a time.

    Memory does not grow with the clip's length, and with the picture only by the frames of one window. Windows and
    tiles are blended where they overlap; with one step that is MultiDiffusion, whose steps are blended each.

    Attributes:
        graph: ``state``, ``time`` and ``condition`` to the velocity: ``models.export.signatures``.
        tiles: How clips are cut.
        steps: Of Euler's. One leads to the expected sharp clip.
    """

    graph: Graph
    tiles: Tiles = field(default_factory=Tiles)
    steps: int = 1

    def __call__(self, pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Pieces uint8 [., 2 H, 2 W, 3] of the frames that come in pieces uint8 [., H, W, 3], in order.

        Raises:
            RequestRefused: a piece is not uint8 [., H, W, 3] of the first one's size.
            SamplingFailed: the model produced values that are not finite.
        """
        size, overlap = self.tiles.frames, self.tiles.overlap
        held: np.ndarray | None = None
        shared: np.ndarray | None = None
        for piece in pieces:
            held = _joined(held, piece)
            del piece  # the next one is made without this one beside it
            while len(held) >= size:
                large, held, shared = self._after(shared, held[:size]), held[size - overlap :].copy(), None
                yield large[: size - overlap]
                shared = large[size - overlap :].copy()
                del large
        if held is not None and len(held) > (0 if shared is None else overlap):
            yield self._after(shared, held)
        elif shared is not None:
            yield shared

    def _after(self, shared: np.ndarray | None, frames: np.ndarray) -> np.ndarray:
        """A window, whose first frames fade in over those of the window before, which are ``shared``: written over."""
        large = self.window(frames)
        if shared is not None:
            laid(shared, large[: len(shared)], 0, 0, len(shared))
            large[: len(shared)] = shared
        return large

    def window(self, frames: np.ndarray) -> np.ndarray:
        """uint8 [F, 2 H, 2 W, 3] of frames [F, H, W, 3] that are seen at once."""
        small = padded(frames)
        rows, columns = (self.tiles.line(side) for side in small.shape[1:3])
        whole = np.empty((len(small), SCALE * small.shape[1], SCALE * small.shape[2], 3), np.uint8)
        bottom = 0
        for row in rows:
            band = np.empty((len(small), SCALE * row.length, whole.shape[2], 3), np.uint8)
            right = 0
            for column in columns:
                laid(band, self.tile(small[:, row.places, column.places]), 2, SCALE * column.start, right)
                right = SCALE * column.stop
            laid(whole, band, 1, SCALE * row.start, bottom)
            bottom = SCALE * row.stop
        return whole[:, : SCALE * frames.shape[1], : SCALE * frames.shape[2]]

    def tile(self, frames: np.ndarray) -> np.ndarray:
        """uint8 [F, 2 H, 2 W, 3] of frames [F, H, W, 3] in one call of the graph a step; H and W multiples of 4.

        Raises:
            RequestRefused: sides that are no multiples of 4.
            SamplingFailed: as for a call.
        """
        if any(side % STRIDE for side in frames.shape[1:3]):
            raise RequestRefused(f"a tile of {list(frames.shape)}: its sides must be multiples of {STRIDE} pixels")
        condition = from_pixels(frames)[None]

        def velocity(state: np.ndarray, time: float) -> np.ndarray:
            return self.graph(state=state, time=np.full(1, time, np.float32), condition=condition)

        start = np.ascontiguousarray(folded(from_pixels(enlarged(frames))[None]))
        state = integrate(velocity, start, uniform(self.steps))
        if not np.isfinite(state).all():
            raise SamplingFailed("upsampling gave values that are not finite; export the model again")
        return to_pixels(unfolded(state)[0])


def _joined(held: np.ndarray | None, piece: np.ndarray) -> np.ndarray:
    wanted = (len(piece), *(piece if held is None else held).shape[1:])
    if piece.dtype != np.uint8 or piece.ndim != 4 or piece.shape[-1] != 3 or piece.shape != wanted:
        raise RequestRefused(
            f"frames to upsample are uint8 [F, H, W, 3] of one size, not {piece.dtype} {list(piece.shape)}"
        )
    return piece if held is None else np.concatenate([held, piece])
