"""Motion: how much the picture changes from frame to frame, and what the codec itself says of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series

# The low-pass of VMAF's motion feature: a Gaussian of 5 taps.
_TAPS = np.array([0.054488685, 0.244201342, 0.402619947, 0.244201342, 0.054488685], dtype=np.float32)


@dataclass(frozen=True)
class MotionTrack:
    """Motion of a file.

    Attributes:
        score: VMAF motion of each frame.
        vectors: Length of the codec's motion vectors of sampled frames, share of the picture that has any.
        codec: The name of the codec.
    """

    score: Series
    vectors: Series
    codec: str

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``motion_score``: mean VMAF motion, 0..255: mean absolute difference of blurred brightness, frame to frame.

        ``vector_length``: mean length of the codec's motion vectors, in pixels of the coded picture; None with a
        reason for a codec that has none to tell. (Movie Gen asks for a score above 2 and a length in (0.5, 7).)
        """
        score = self.score.between(start, end, since_last=True)
        vectors = self.vectors.between(start, end)
        missing = {}
        if not len(score):
            missing["motion_score"] = "the span has one frame"
        if not len(vectors):
            missing["vector_length"] = f"no motion vectors in the span ({self.codec})"
        return {
            "motion_score": round(float(score.mean()), 4) if len(score) else None,
            "vector_length": round(float(vectors.mean()), 4) if len(vectors) else None,
            "missing": missing,
        }


class Motion:
    """VMAF motion of every frame at ``WIDTH`` pixels, and motion vectors of the sampled ones."""

    def __init__(self) -> None:
        self._score, self._vectors = Series(), Series()
        self._before: np.ndarray | None = None
        self._codec = "unknown codec"

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        import cv2

        blurred = cv2.sepFilter2D(frame.gray, cv2.CV_32F, _TAPS, _TAPS, borderType=cv2.BORDER_REFLECT_101)
        if self._before is not None:
            self._score.add(frame.seconds, float(cv2.norm(blurred, self._before, cv2.NORM_L1)) / blurred.size)
        else:
            self._score.add(frame.seconds, 0.0)
        self._before = blurred
        self._codec = frame.codec
        if frame.sampled:
            found = frame.vectors
            if found is not None and len(found):
                self._vectors.add(frame.seconds, _mean_length(found))

    def track(self) -> MotionTrack:
        """What was seen."""
        return MotionTrack(self._score, self._vectors, self._codec)


def _mean_length(vectors: np.ndarray) -> float:
    """Mean over the picture: each block counts by its area."""
    area = vectors["w"].astype(np.float32) * vectors["h"]
    length = np.hypot(vectors["motion_x"], vectors["motion_y"]) / np.maximum(vectors["motion_scale"], 1)
    return float((length * area).sum() / area.sum())
