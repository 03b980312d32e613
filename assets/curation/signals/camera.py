"""Camera: which of sixteen movements the camera makes, by the judge that the sandbox world has taught."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.checkers.camera import chances
from assets.checkers.tracking import steps_of
from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series
from assets.world.spec import CAMERAS

_RATE, _FRAMES = 8, 16  # frames a second, and of a window: what the judge was taught on
_HOP = 8  # frames between the starts of two windows
_SHORT = 128  # pixels of the short side
_SECONDS = (1.5, 2.2)  # between a window's first and last frame: another rate is not the judge's
_JUMP, _TIMES = 20.0, 3.0  # levels that a cut changes at least, and how many times the change before it
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
    """Judges 16 frames at eight a second, once a second, from the start of the film and of each cut."""

    def __init__(self) -> None:
        self._windows = Series(1 + len(CAMERAS))
        self._frames: deque[np.ndarray] = deque(maxlen=_FRAMES)
        self._times: deque[float] = deque(maxlen=_FRAMES)
        self._shown = 0.0  # time of the frame before
        self._changed = 0.0
        self._new = 0  # frames since the last window began

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        import cv2

        interval, self._shown = frame.seconds - self._shown, frame.seconds
        # The frame nearest to the time at which one is due: so that steps are even at any rate.
        if self._times and frame.seconds - self._times[-1] < 1 / _RATE - interval / 2:
            return
        width, height = frame.size
        scale = _SHORT / min(width, height)
        gray = cv2.resize(frame.gray, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        if self._frames:
            self._begin_anew_at_a_cut(gray)
        self._frames.append(gray)
        self._times.append(frame.seconds)
        self._new += 1
        if len(self._frames) == _FRAMES and self._new >= _HOP:
            self._judge()

    def track(self) -> CameraTrack:
        """What was seen."""
        return CameraTrack(self._windows)

    def _begin_anew_at_a_cut(self, gray: np.ndarray) -> None:
        before = self._frames[-1]
        same = before.shape == gray.shape
        changed = float(np.abs(gray.astype(np.float32) - before).mean()) if same else np.inf
        if changed > max(_JUMP, _TIMES * self._changed):
            self._frames.clear()
            self._times.clear()
            self._new = 0
            changed = 0.0
        self._changed = changed

    def _judge(self) -> None:
        lasted = self._times[-1] - self._times[0]
        if _SECONDS[0] <= lasted <= _SECONDS[1]:
            self._windows.add(self._times[0], self._times[-1], *chances(steps_of(list(self._frames))))
        self._new = 0
