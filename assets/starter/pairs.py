"""Pairs of small, spoiled clips and the sharp ones twice their size, as the upsampler learns from them."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from assets.checkers.clips import STILL
from assets.sandbox_corpus.lots import record
from assets.starter.degrading import degraded, shrunk
from assets.starter.round_trip import through
from assets.world.draw import draw
from assets.world.lasting import lasting
from assets.world.render import pictures
from models.recipes import FPS, CorpusWorld, demo
from models.starter import AUTOENCODER

if TYPE_CHECKING:
    from assets.world.spec import WorldSpec
    from models.autoencoder import TemporalAutoencoder

Frames = NDArray[np.uint8]
Way = Literal["shrunk", "degraded", "coded"]

SIDE = 128  # pixels of a sharp clip
_SIDES = (128, 128, 192, 256, 384)  # that the world is drawn at; of more than ``SIDE``, a piece is cut
_PERIOD = 16  # frames that the autoencoder reads for a piece
_TURN = 4  # pieces: of each turn one in the corner that the autoencoder knows is coded by it, and one is lettered
_CODED, _WORD = 0, 3  # which
_LATEST = 16  # frames into a clip that a piece may begin
WHOLE_WORLD = replace(
    demo().world,
    kinds=(),
    sizes=("small", "medium", "big"),
    backgrounds=("plain", "gradient", "layered"),
    objects=(1, 3),
    own_colours=0.5,
    people=0.2,
)
"""Everything that there is to draw."""
LETTERED = replace(STILL, text=1.0)
"""Scenes under a word."""


@dataclass(frozen=True)
class Pair:
    """Small frames uint8 [F, H, W, 3], and the sharp ones [F, 2 H, 2 W, 3]."""

    small: Frames
    sharp: Frames


@dataclass
class Pairs:
    """Training pairs of pieces of the world's clips: half of the demo's corner, half of all that there is.

    A quarter, of all that there is, are under a word. A quarter of the small clips, of the corner, are what the starter
    autoencoder makes of them, as generated ones are; of the others half are spoiled, half only resized.

    Attributes:
        frames: Of a piece, at most eight.
        count: Pieces, each drawn once and kept.
    """

    frames: int
    count: int
    worlds: tuple[CorpusWorld, ...] = (demo().world, WHOLE_WORLD)
    _autoencoder: "TemporalAutoencoder | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._piece = lru_cache(maxsize=None)(self._drawn)

    def __call__(self, generator: np.random.Generator, side: int, batch: int) -> Pair:
        """Clips [batch, F, side, side, 3] and [batch, F, 2 side, 2 side, 3]; a function of the generator alone."""
        pairs = [self._one(generator, side) for _ in range(batch)]
        return Pair(np.stack([pair.small for pair in pairs]), np.stack([pair.sharp for pair in pairs]))

    def _one(self, generator: np.random.Generator, side: int) -> Pair:
        sharp, small = self._piece(int(generator.integers(self.count)))
        if small is None:
            small = (degraded if generator.random() < 0.5 else shrunk)(sharp, generator)
        top, left = generator.integers(small.shape[1] - side + 1, size=2)
        cut = Pair(
            small[:, top : top + side, left : left + side],
            sharp[:, 2 * top : 2 * (top + side), 2 * left : 2 * (left + side)],
        )
        if generator.random() < 0.5:
            cut = Pair(cut.small[:, :, ::-1], cut.sharp[:, :, ::-1])
        return cut

    def _drawn(self, index: int) -> tuple[Frames, Frames | None]:
        """Sharp frames of piece ``index``, and small ones if the autoencoder makes them."""
        generator = np.random.default_rng([index, SIDE])
        spec = lasting(self._spec(index), 2.0)
        first = int(generator.integers(_LATEST + 1))
        if index % _TURN == _CODED:
            sharp = pictures(spec, SIDE, SIDE, FPS, _PERIOD, first)
            start = int(generator.integers(_PERIOD - self.frames + 1))
            return sharp[start : start + self.frames].copy(), self.coded(sharp, generator)[start : start + self.frames]
        side = SIDE if index % _TURN == _WORD else int(generator.choice(_SIDES))  # of a larger one much is cut away
        top, left = generator.integers(side - SIDE + 1, size=2)
        sharp = pictures(spec, side, side, FPS, self.frames, first)
        return sharp[:, top : top + SIDE, left : left + SIDE].copy(), None

    def _spec(self, index: int) -> "WorldSpec":
        if index % _TURN == _WORD:
            return draw(index, LETTERED)
        return record("video", "train", index, self.worlds[index % len(self.worlds)]).spec

    def coded(self, sharp: Frames, generator: np.random.Generator) -> Frames:
        """What the starter autoencoder makes of clips of half the size."""
        from models.autoencoder import load_autoencoder

        if self._autoencoder is None:
            self._autoencoder = load_autoencoder(AUTOENCODER)
        return through(self._autoencoder, [shrunk(sharp, generator)])[0]
