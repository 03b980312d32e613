"""Samples: the look and the change of the picture, up to 16 times a second."""

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.appearance import COLOURS, colour_shares
from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series

_NOISE = 0.05  # response of phase correlation below which its peak is noise


@dataclass(frozen=True)
class SampleTrack:
    """Samples of a file.

    Attributes:
        seconds: [S] times.
        look: [S,2+C] sharpness (variance of the Laplacian of brightness at ``WIDTH`` pixels, times 1,000), mean
            brightness 0..1, and the share of each of ``appearance.COLOURS``.
        change: [S,3] mean absolute difference of brightness since the sample before, 0..1, and how far the picture
            moved since then, right and down, in widths a second.
    """

    seconds: "array[float]"
    look: Series
    change: Series

    def result(self, start: float, end: float) -> dict[str, Any]:
        """The span in a few numbers.

        ``motion``: mean change of brightness between samples 1/16 s apart, in percent. ``shift``: mean movement of
        the whole picture, right and down, in widths a second; ``steadiness``: how much it keeps one direction, 0..1.
        ``sharpness``, ``brightness``: median and mean. ``colours``: the most frequent, with shares.
        """
        seconds = np.frombuffer(self.seconds)
        inside = np.flatnonzero((seconds >= start - 1e-6) & (seconds < end - 1e-6))
        if inside.size == 0:  # a span of a frame or two between samples
            inside = np.array([int(np.abs(seconds - start).argmin())])
        look = self.look.between(seconds[inside[0]], seconds[inside[-1]] + 1e-4)
        changes = self.change.between(start, end, since_last=True).astype(float)
        shift = changes[:, 1:]
        mean_shift = shift.mean(axis=0) if len(shift) else np.zeros(2)
        travelled = np.hypot(*shift.T).mean() if len(shift) else 0.0
        shares = look[:, 2:].mean(axis=0)
        return {
            "motion": round(float(changes[:, 0].mean()) * 100, 4) if len(changes) else 0.0,
            "sharpness": round(float(np.median(look[:, 0])), 4),
            "brightness": round(float(look[:, 1].mean()), 4),
            "shift": [round(float(value), 4) for value in mean_shift],
            "steadiness": round(float(np.hypot(*mean_shift) / travelled), 4) if travelled > 0 else 0.0,
            "colours": [[COLOURS[i], round(float(shares[i]), 4)] for i in np.argsort(-shares, kind="stable")[:3]],
        }


class Samples:
    """Measures sampled frames."""

    def __init__(self) -> None:
        self._seconds = array("d")
        self._look = Series(2 + len(COLOURS))
        self._change = Series(3)
        self._before: np.ndarray | None = None
        self._window: np.ndarray | None = None

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if not frame.sampled:
            return
        import cv2

        gray = cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        sharpness = float(cv2.Laplacian(gray, cv2.CV_32F).var()) * 1000
        self._look.add(frame.seconds, sharpness, float(gray.mean()), *colour_shares(frame.picture))
        self._change.add(frame.seconds, *self._changed(gray, frame.seconds))
        self._seconds.append(frame.seconds)
        self._before = gray

    def track(self) -> SampleTrack:
        """What was seen."""
        return SampleTrack(self._seconds, self._look, self._change)

    def _changed(self, gray: np.ndarray, seconds: float) -> tuple[float, float, float]:
        import cv2

        before = self._before
        if before is None or before.shape != gray.shape:
            return 0.0, 0.0, 0.0
        if self._window is None or self._window.shape != gray.shape:
            self._window = cv2.createHanningWindow(gray.shape[::-1], cv2.CV_32F)
        # Copies: OpenCV multiplies its arguments by the window in place when their size suits the transform.
        (right, down), response = cv2.phaseCorrelate(before.copy(), gray.copy(), self._window)
        change = float(np.abs(gray - before).mean())
        if response <= _NOISE:
            return change, 0.0, 0.0
        lasted = (seconds - self._seconds[-1]) * gray.shape[1]
        return change, right / lasted, down / lasted
