"""Policies: which clips are good enough, as named thresholds in the order in which they are asked."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Policy:
    """Thresholds of the filters (the order is that of Movie Gen 3.2.1: visual, motion, content).

    Attributes:
        min_side: Pixels of the shorter side.
        min_seconds, max_seconds: Length of a clip.
        min_sharpness: ``sharpness`` signal: below, the picture is blurred, blocky or empty.
        min_motion, max_motion: ``motion`` signal, percent: a still picture, or noise and flicker.
        max_copy_distance: Mean differing bits of 64 between the hashes of two clips: up to here one is a copy.
    """

    name: str
    min_side: int
    min_seconds: float
    max_seconds: float
    min_sharpness: float
    min_motion: float
    max_motion: float
    max_copy_distance: float

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)


SMALL_CORPUS = Policy(
    name="small-corpus",
    min_side=128,
    min_seconds=1.0,
    max_seconds=16.0,
    min_sharpness=1.0,
    min_motion=0.1,
    max_motion=12.0,
    max_copy_distance=8.0,
)
