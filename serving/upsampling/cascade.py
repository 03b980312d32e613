"""Cascade: frames brought to a delivery size, doubled as long as that does not pass it, then resized exactly."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from serving.errors import RequestRefused
from serving.media.resize import METHOD, cover
from serving.sampling.guidance import Graph
from serving.upsampling.doubling import Doubling
from serving.upsampling.enlarging import SCALE
from serving.upsampling.tiles import Tiles

Size = tuple[int, int]
_NEAR = 0.05  # of a doubling: a size that is missed by so little is passed
_SMALLEST, _LARGEST = 8, 4096  # pixels of a side


@dataclass(frozen=True)
class Enlarger:
    """Frames of a model at any larger size: by its upsampler if it has one, else by plain resizing.

    Attributes:
        graph: The upsampler; None for a model without one.
        tiles: How clips are cut when they are doubled.
    """

    graph: Graph | None = None
    tiles: Tiles = field(default_factory=Tiles)

    def __call__(self, pieces: Iterable[np.ndarray], size: Size) -> Iterator[np.ndarray]:
        """The frames that come in pieces uint8 [., H, W, 3], filling ``size`` (height, width): uint8 [1, ., ., 3] each.

        What sticks out of the size's aspect ratio is cropped evenly.

        Raises:
            RequestRefused: a size that no film has, or pieces of different sizes.
            SamplingFailed: the model produced values that are not finite.
        """
        for side in size:
            if not _SMALLEST <= side <= _LARGEST:
                raise RequestRefused(f"{size[1]}x{size[0]} is no size of a film: sides of {_SMALLEST} to {_LARGEST}")
        source = iter(pieces)
        first = next(source, None)
        if first is None:
            return
        graph, times = self.graph, self.doublings((first.shape[1], first.shape[2]), size)
        frames: Iterator[np.ndarray] = chain([first], source)
        del first  # the chain lets it go once it is read
        if graph is not None:
            for _ in range(times):
                frames = Doubling(graph, self.tiles)(frames)
        for piece in frames:
            for index in range(len(piece)):
                yield cover(piece[index : index + 1], size)
            del piece  # the next one is made without this one beside it

    def doublings(self, source: Size, size: Size) -> int:
        """How often frames of ``source`` (height, width) are doubled for ``size``."""
        if self.graph is None:
            return 0
        times = math.log(max(big / small for big, small in zip(size, source, strict=True)), SCALE)
        return max(0, math.floor(times + _NEAR))

    def method(self, source: Size, size: Size) -> str:
        """How frames of ``source`` (height, width) are brought to ``size``, for their record."""
        times = self.doublings(source, size)
        return f"upsampler: {SCALE**times}x in {times} steps, then {METHOD}" if times else METHOD

    def in_tiles(self, side: int) -> "Enlarger":
        """The same with tiles of at most ``side`` pixels of the small clip."""
        return replace(self, tiles=replace(self.tiles, side=side, side_overlap=min(self.tiles.side_overlap, side // 4)))
