"""Aesthetics: the score of the frame in the middle."""

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.aesthetics.ranker import aesthetics
from assets.curation.signals.frame import Frame

_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class AestheticsTrack:
    """Times and scores of the frames that were looked at."""

    seconds: "array[float]"
    scores: "array[float]"

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``aesthetics``: score of the frame nearest to the span's middle, 0 to 10 (Movie Gen asks for 4 there).

        About 6 is an ordinary picture with nothing wrong, below 4 a spoiled one: see
        ``assets.curation.aesthetics.train``, which also says what it is not.
        """
        seconds = np.frombuffer(self.seconds) if self.seconds else np.zeros(0)
        inside = np.flatnonzero((seconds >= start - 1e-6) & (seconds < end - 1e-6))
        if not len(inside):
            return {"aesthetics": None, "missing": {"aesthetics": "no frame of the span was looked at"}}
        middle = inside[np.abs(seconds[inside] - (start + end) / 2).argmin()]
        return {"aesthetics": round(float(self.scores[middle]), 2)}


class Aesthetics:
    """Looks at one frame a second."""

    def __init__(self) -> None:
        self._seconds, self._scores = array("d"), array("f")

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._seconds and frame.seconds - self._seconds[-1] < _EVERY - 1e-3:
            return
        self._seconds.append(frame.seconds)
        self._scores.append(aesthetics(frame.picture))

    def track(self) -> AestheticsTrack:
        """What was seen."""
        return AestheticsTrack(self._seconds, self._scores)
