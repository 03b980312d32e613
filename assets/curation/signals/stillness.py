"""Stillness: whether anything moves at all, told from noise, grain and the pulse of compression."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series

_LAG = 8  # samples, half a second: slow movement adds up, noise does not
_BLOCK = 8  # pixels a side
STILL = 5.0  # levels of 255 that the most changed place may change
STATIC_SHARE = 0.8  # of the time that a static clip is still


@dataclass(frozen=True)
class StillTrack:
    """Change of the most changed place of each sample since half a second before, in levels of 255."""

    change: Series

    def share(self, start: float, end: float) -> float | None:
        """Share of the time in which nothing moves; None for a span shorter than the lag."""
        change = self.change.between(start, end)[_LAG:]
        return float((change < STILL).mean()) if len(change) else None

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``still_share``: share of the time in which nothing moves, 0..1. ``static``: whether that is 0.8 or more."""
        share = self.share(start, end)
        if share is None:
            why = "the span is shorter than half a second"
            return {"still_share": None, "static": None, "missing": {"still_share": why, "static": why}}
        return {"still_share": round(share, 4), "static": share >= STATIC_SHARE}


class Stillness:
    """Blocks of 8x8 pixels of sampled frames, blurred, against half a second before.

    The median change is taken off (light that changes everywhere is no movement); of the rest the second largest
    counts, so one flickering block does not.
    """

    def __init__(self) -> None:
        self._before: deque[np.ndarray] = deque(maxlen=_LAG)
        self._change = Series()

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if not frame.sampled:
            return
        import cv2

        blurred = cv2.GaussianBlur(frame.gray, (0, 0), 1.5).astype(np.float32)
        change = 0.0
        if len(self._before) == _LAG and self._before[0].shape == blurred.shape:
            difference = blurred - self._before[0]
            difference = np.abs(difference - np.median(difference[::4, ::4]))
            height, width = (side // _BLOCK * _BLOCK for side in difference.shape)
            blocks = cv2.resize(
                difference[:height, :width], (width // _BLOCK, height // _BLOCK), interpolation=cv2.INTER_AREA
            )
            change = float(np.partition(blocks.ravel(), -2)[-2])
        self._before.append(blurred)
        self._change.add(frame.seconds, change)

    def track(self) -> StillTrack:
        """What was seen."""
        return StillTrack(self._change)


def slideshow(stills: StillTrack, shots: list[tuple[float, float]]) -> float | None:
    """Share of a film's time that is in static shots, 0..1; None for a film of fewer than three shots."""
    if len(shots) < 3:
        return None
    shares = [(end - start, stills.share(start, end)) for start, end in shots]
    known = [(length, share) for length, share in shares if share is not None]
    if not known:
        return None
    return sum(length for length, share in known if share >= STATIC_SHARE) / sum(length for length, _ in known)
