"""Tiles: how a video is cut in time and in the picture when it is decoded."""

from dataclasses import dataclass

from serving.errors import RequestRefused

STRIDE = 8  # pixels a side, and frames, of one latent position


@dataclass(frozen=True)
class Tiles:
    """Sizes in frames and pixels; Movie Gen's values in time (3.1.1), the whole picture at once.

    Attributes:
        frames: Of a tile.
        overlap: Frames that a tile shares with the next.
        side: Pixels of a tile in height and width; None: the whole picture.
        side_overlap: Pixels, at least, that it shares with its neighbours.

    Raises:
        RequestRefused: a number is no multiple of 8, or an overlap is as long as a tile.
    """

    frames: int = 32
    overlap: int = 16
    side: int | None = None
    side_overlap: int = 32

    def __post_init__(self) -> None:
        sides = (self.side, self.side_overlap) if self.side is not None else ()
        if any(number % STRIDE for number in (self.frames, self.overlap, *sides)):
            raise RequestRefused(f"{self}: give multiples of {STRIDE}, whole latent positions")
        if not 0 <= self.overlap < self.frames:
            raise RequestRefused(f"{self}: the overlap in time is not from 0 up to below a tile")
        if self.side is not None and not 0 <= self.side_overlap < self.side:
            raise RequestRefused(f"{self}: the overlap in the picture is not from 0 up to below a tile")

    @property
    def latent_frames(self) -> int:
        """Latent frames of a tile."""
        return self.frames // STRIDE

    @property
    def latent_overlap(self) -> int:
        """Latent frames that it shares."""
        return self.overlap // STRIDE

    def latent_shape(self, latent: tuple[int, int, int]) -> tuple[int, int, int]:
        """[T, h, w] of the largest tile of a latent [T, h, w]."""
        frames, rows, columns = latent
        side = max(rows, columns) if self.side is None else self.side // STRIDE
        return min(frames, self.latent_frames), min(rows, side), min(columns, side)


WHOLE = Tiles(STRIDE << 20, 0)
"""One tile of everything, as long as any video is."""
