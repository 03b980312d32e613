"""Buckets of clips: which of the shapes and lengths that are trained at (``models.buckets``) a clip belongs to."""

import math
from dataclasses import dataclass

from models.buckets import ASPECTS, FILM, LONG, LONGEST, MIDDLE, SHORT

_FILM_RATE = FILM.frames / FILM.longest
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Bucket:
    """Where a clip belongs.

    Attributes:
        aspect: Name in ``ASPECTS``.
        frames: Of the pixels; an eighth of it of the latents.
        fps: Frames a second at which these fill the clip (or its first 10.67 or 16 s): the number of the caption's
            rate prefix.
    """

    aspect: str
    frames: int
    fps: float


def bucket_of(width: int, height: int, seconds: float, fps: float) -> Bucket | None:
    """The bucket of a clip; ``None`` below 4 s, where the paper has none.

    Args:
        width: Pixels, as people see them.
        height: Pixels.
        seconds: Of the clip.
        fps: Of the source: film rate or more may fill the bucket of 10.67 s.
    """
    aspect = min(ASPECTS, key=lambda name: abs(math.log(width / height / ASPECTS[name])))
    if seconds < SHORT.shortest - _ROUNDING:
        return None
    if seconds < MIDDLE.shortest:
        return Bucket(aspect, SHORT.frames, round(SHORT.frames / seconds, 3))
    if seconds >= LONG.shortest:
        return Bucket(aspect, LONG.frames, round(LONG.frames / min(seconds, LONGEST.longest), 3))
    if seconds >= FILM.shortest - _ROUNDING and fps >= _FILM_RATE - 0.1:
        return Bucket(aspect, FILM.frames, _FILM_RATE)
    return Bucket(aspect, MIDDLE.frames, round(MIDDLE.frames / seconds, 3))
