"""Buckets: the shapes and lengths that clips are trained at (Movie Gen Table 2: five aspect ratios, five durations).

Two of the paper's aspect ratios are not published: 4:3 and 3:4 stand for them. Imports no torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

ASPECTS = {"16:9": 16 / 9, "4:3": 4 / 3, "1:1": 1.0, "3:4": 3 / 4, "9:16": 9 / 16}
STRIDE = 8  # pixels, or frames, to a latent position
PATCH = 2  # latent positions to a side of a token
SIDE = STRIDE * PATCH  # pixels to a side of a token


@dataclass(frozen=True)
class Duration:
    """A length of clips.

    Attributes:
        shortest, longest: Seconds.
        frames: Of the pixels, at whatever rate makes them fill the clip.
    """

    shortest: float
    longest: float
    frames: int

    @property
    def name(self) -> str:
        """``8-12 s``, ``16 s`` or ``image``."""
        if self.frames == 1:
            return "image"
        return f"{self.shortest:.4g}{'' if self.shortest == self.longest else f'-{self.longest:.4g}'} s"


SHORT = Duration(4.0, 8.0, 128)
MIDDLE = Duration(8.0, 12.0, 192)
FILM = Duration(256 / 24, 256 / 24, 256)  # at film rate
LONG = Duration(12.0, 16.0, 256)
LONGEST = Duration(16.0, 16.0, 256)
DURATIONS = (SHORT, MIDDLE, FILM, LONG, LONGEST)
STILL = Duration(0.0, 0.0, 1)  # an image


@dataclass(frozen=True)
class Bucket:
    """One shape and one length.

    Attributes:
        aspect: Name in ``ASPECTS``.
        duration: Length, or ``STILL``.
        height, width: Pixels, multiples of 16.
    """

    aspect: str
    duration: Duration
    height: int
    width: int

    @property
    def name(self) -> str:
        """``16:9 8-12 s`` or ``16:9 image``."""
        return f"{self.aspect} {self.duration.name}"

    @property
    def grid(self) -> tuple[int, int, int]:
        """Tokens in time, height and width."""
        return -(-self.duration.frames // STRIDE), self.height // SIDE, self.width // SIDE

    @property
    def tokens(self) -> int:
        """Tokens of a sample."""
        return math.prod(self.grid)


@cache
def size_of(aspect: str, pixels: int, shares: int = 1) -> tuple[int, int]:
    """Height and width of an aspect ratio with no more tokens than a square of ``pixels`` a side.

    Of all sides that are multiples of 16, and whose tokens divide into ``shares``, the ones with the least |log| error
    of the ratio plus that of the area; of equal ones, the nearer ratio.
    """
    limit, ratio = (pixels // SIDE) ** 2, ASPECTS[aspect]

    def error(sides: tuple[int, int]) -> tuple[float, float]:
        height, width = sides
        off = abs(math.log(width / height / ratio))
        return round(off + math.log(limit / (height * width)), 9), off

    candidates = (
        (height, width - less)
        for height in range(1, limit + 1)
        for width in {limit // height, round(height * ratio)}
        for less in range(min(shares, width))  # one of so many neighbours divides
    )
    allowed = (sides for sides in candidates if math.prod(sides) <= limit and math.prod(sides) % shares == 0)
    height, width = min((sides for sides in allowed if min(sides) > 0), key=error)
    return height * SIDE, width * SIDE


@cache
def buckets_of(pixels: int, durations: tuple[Duration, ...] = DURATIONS, shares: int = 1) -> tuple[Bucket, ...]:
    """Every aspect ratio at every duration, of about the area of a square of ``pixels`` a side; see ``size_of``."""
    sizes = {aspect: size_of(aspect, pixels, shares) for aspect in ASPECTS}
    return tuple(Bucket(aspect, duration, *sizes[aspect]) for duration in durations for aspect in ASPECTS)


def balanced(tokens: Sequence[int], batch: int, multiple: int = 1) -> tuple[int, ...]:
    """Samples a step for buckets of so many tokens a sample, such that steps hold about equally many tokens.

    The largest bucket gets ``batch``; the others whole multiples of ``multiple``, chosen so that the most and the
    fewest tokens of a step lie as close together as they can.

    Args:
        tokens: A sample's, by bucket.
        batch: Samples of the largest bucket, a multiple of ``multiple``.
        multiple: Of what every batch must be a multiple: ranks that each take as many samples.

    Raises:
        ValueError: ``batch`` is none.
    """
    if batch <= 0 or batch % multiple:
        raise ValueError(f"a batch of {batch} is no multiple of {multiple}")
    largest = max(tokens)
    fixed = batch // multiple
    # The best target lies where one bucket's tokens are exactly it: try each of those near the largest bucket's.
    targets = {count * fixed_tokens for fixed_tokens in tokens for count in _near(fixed * largest, fixed_tokens)}

    def counts(target: int) -> tuple[int, ...]:
        return tuple(fixed if each == largest else max(1, round(target / each)) for each in tokens)

    def spread(target: int) -> tuple[float, int]:
        held = [count * each for count, each in zip(counts(target), tokens, strict=True)]
        return max(held) / min(held), abs(target - fixed * largest)

    return tuple(count * multiple for count in counts(min(targets, key=spread)))


def _near(target: int, unit: int) -> range:
    """Whole numbers of ``unit`` that come within a unit of ``target``."""
    return range(max(1, target // unit), target // unit + 2)
