"""Camera: which of sixteen movements the camera makes, by the judge that the sandbox world has taught."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.checkers.camera import chances
from assets.checkers.tracking import Pair, follow, joined, shrunk
from assets.curation.signals.frame import Frame
from assets.curation.signals.passage import Passage
from assets.curation.signals.series import Series
from assets.world.spec import CAMERAS

_RATE, _FRAMES = 8, 16  # frames a second, and of a window: what the judge was taught on
_HOP = 8  # frames between the starts of two windows
_SECONDS = (1.5, 2.2)  # between a window's first and last frame: another rate is not the judge's
_FOUND = 0.12  # share of a frame's corners below which, if the next one shows so few again, there is a cut between them
_CHANGED = 10.0  # ... and levels that it changes the picture: in the dark, or in noise, corners get lost without one
_EDGE = 5e-3  # seconds


@dataclass(frozen=True)
class CameraTrack:
    """Windows of two seconds: rows of the time of the last frame and the probability of each of ``CAMERAS``."""

    windows: Series

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``camera``: the ``class`` that is the likeliest on average over the windows in the span, and how likely.

        The likelihood (``confidence``, 0..1) is calibrated on scenes of the sandbox world alone: it knows the movements
        as they are defined there, of layered scenes of drawn things.
        """
        rows = self.windows.between(start, end)
        rows = rows[rows[:, 0] < end - _EDGE]
        if not len(rows):
            return {"camera": None, "missing": {"camera": "the span holds no two seconds at 8 frames a second"}}
        likely = rows[:, 1:].mean(axis=0)
        best = int(likely.argmax())
        return {"camera": {"class": CAMERAS[best], "confidence": round(float(likely[best]), 4)}}


class Camera:
    """Judges 16 frames at eight a second, once a second, from the start of the film and of each cut.

    The corners of two neighbouring frames are followed once, though two windows hold them.

    Attributes:
        passage: How many of them were found again, for whoever tells cuts from movement.
    """

    def __init__(self) -> None:
        self.passage = Passage()
        self._windows = Series(1 + len(CAMERAS))
        self._before: tuple[float, np.ndarray] | None = None
        self._pairs: deque[Pair] = deque(maxlen=_FRAMES - 1)
        self._times: deque[float] = deque(maxlen=_FRAMES)
        self._shown = 0.0  # time of the frame before
        self._new = 0  # frames since the last window began

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        interval, self._shown = frame.seconds - self._shown, frame.seconds
        # The frame nearest to the time at which one is due: so that steps are even at any rate.
        if self._before is not None and frame.seconds - self._before[0] < 1 / _RATE - interval / 2:
            return
        gray = shrunk(frame.gray)
        if self._before is not None:
            self._step(*self._before, frame.seconds, gray)
        self._before = frame.seconds, gray
        self._times.append(frame.seconds)
        self._new += 1
        if len(self._times) == _FRAMES and self._new >= _HOP:
            self._judge()

    def track(self) -> CameraTrack:
        """What was seen."""
        return CameraTrack(self._windows)

    def _step(self, start: float, before: np.ndarray, end: float, gray: np.ndarray) -> None:
        """Follow the corners to the next frame; begin anew where they are lost."""
        pair = follow(before, gray) if before.shape == gray.shape else None
        self.passage.add(start, end, pair)
        if pair is None or (pair.share < _FOUND and _change(before, gray) >= _CHANGED):
            self._pairs.clear()
            self._times.clear()
            self._new = 0
        else:
            self._pairs.append(pair)

    def _judge(self) -> None:
        lasted = self._times[-1] - self._times[0]
        if _SECONDS[0] <= lasted <= _SECONDS[1]:
            self._windows.add(self._times[0], self._times[-1], *chances(joined(self._pairs)))
        self._new = 0


def _change(first: np.ndarray, second: np.ndarray) -> float:
    """Mean difference in levels of 255."""
    return float(np.abs(first.astype(np.float32) - second).mean())
