"""Buckets: the shape and the length that a clip is trained at (Movie Gen: five aspect ratios by five durations).

Two of the paper's aspect ratios are not published: 4:3 and 3:4 stand for them.
"""

import math
from dataclasses import dataclass

ASPECTS = {"16:9": 16 / 9, "4:3": 4 / 3, "1:1": 1.0, "3:4": 3 / 4, "9:16": 9 / 16}
_FILM = 24.0  # frames a second
_FILM_SECONDS = 256 / _FILM
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
    if seconds < 4.0 - _ROUNDING:
        return None
    if seconds < 8.0:
        return Bucket(aspect, 128, round(128 / seconds, 3))
    if seconds >= 12.0:
        return Bucket(aspect, 256, round(256 / min(seconds, 16.0), 3))
    if seconds >= _FILM_SECONDS - _ROUNDING and fps >= _FILM - 0.1:
        return Bucket(aspect, 256, _FILM)
    return Bucket(aspect, 192, round(192 / seconds, 3))
