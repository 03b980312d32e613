"""Flow: how fast the picture moves where it moves, and how unsteadily as a whole."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series

_WIDTH = 128  # pixels that the flow is found in
_SMOOTH = 0.5  # seconds over which a steady hand moves evenly


@dataclass(frozen=True)
class FlowTrack:
    """Flow of a file: rows of (seconds since the sample before, mean speed, whole picture's shift right and down)."""

    flow: Series

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``speed``: mean speed over the picture, in widths a second.

        ``shake``: how far the picture as a whole stands off its own path smoothed over half a second (root mean
        square), in percent of its width.
        """
        rows = self.flow.between(start, end, since_last=True)
        if not len(rows):
            why = "the span has one sample"
            return {"speed": None, "shake": None, "missing": {"speed": why, "shake": why}}
        return {
            "speed": round(float(np.average(rows[:, 1], weights=rows[:, 0])), 4),
            "shake": round(_jitter(rows), 4),
        }


def _jitter(rows: np.ndarray) -> float:
    """Root mean square distance, in percent of the width, of the path from its moving quadratic fit."""
    path = np.vstack([np.zeros(2), np.cumsum(rows[:, 2:], axis=0)])
    times = np.concatenate([[0.0], np.cumsum(rows[:, 0])])
    off = np.zeros_like(path)
    for index, time in enumerate(times):
        near = np.abs(times - time) <= _SMOOTH / 2 + 1e-6
        if near.sum() < 4:
            continue
        lags = times[near] - time
        # Acceleration is intended movement, jitter is not: a parabola follows the first only.
        fit = np.linalg.lstsq(np.stack([np.ones_like(lags), lags, lags**2], axis=1), path[near], rcond=None)[0]
        off[index] = path[index] - fit[0]
    return float(np.sqrt((off**2).sum(axis=1).mean())) * 100


class Flow:
    """Dense optical flow (DIS) between sampled frames at 128 pixels; the whole picture's shift is its median."""

    def __init__(self) -> None:
        self._flow = Series(4)
        self._before: np.ndarray | None = None
        self._seconds = 0.0
        self._estimator: Any = None

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if not frame.sampled:
            return
        import cv2

        if self._estimator is None:
            self._estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        height = max(16, round(_WIDTH * frame.size[1] / frame.size[0]))
        gray = cv2.resize(frame.gray, (_WIDTH, height), interpolation=cv2.INTER_AREA)
        if self._before is None or self._before.shape != gray.shape:
            self._flow.add(frame.seconds, 0.0, 0.0, 0.0, 0.0)
        else:
            field = self._estimator.calc(self._before, gray, None) / _WIDTH
            lasted = frame.seconds - self._seconds
            speed = float(np.hypot(field[..., 0], field[..., 1]).mean()) / lasted
            right, down = np.median(field.reshape(-1, 2), axis=0)
            self._flow.add(frame.seconds, lasted, speed, float(right), float(down))
        self._before, self._seconds = gray, frame.seconds

    def track(self) -> FlowTrack:
        """What was seen."""
        return FlowTrack(self._flow)
