"""Quality: traces of compression and blur, in the file's own resolution, and what the colours are like."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series

_EVERY = 1.0  # seconds
_GRID = 8  # pixels: the transform blocks of MPEG-1 to H.264
_NAMES = ("blockiness", "detail", "contrast", "colourfulness")


@dataclass(frozen=True)
class QualityTrack:
    """Rows of the values named in ``_NAMES``."""

    values: Series

    def result(self, start: float, end: float) -> dict[str, Any]:
        """Medians over the span.

        ``blockiness``: steps of brightness on the 8x8 grid of the coded picture over those beside it, less 1: 0 is
        clean, 0.2 shows. ``detail``: mean absolute Laplacian of brightness in the file's own resolution, levels of
        255: low for blur and for pictures enlarged from smaller ones. ``contrast``: standard deviation of
        brightness, 0..1. ``colourfulness``: of Hasler and Suesstrunk (2003), 0 grey, 45 average, 100 extreme.
        """
        rows = self.values.between(start, end)
        if not len(rows):
            rows = self.values.between(-np.inf, end)[-1:]
        medians = np.median(rows, axis=0)
        return {name: round(float(value), 4) for name, value in zip(_NAMES, medians, strict=True)}


class Quality:
    """Looks at one frame a second."""

    def __init__(self) -> None:
        self._values = Series(len(_NAMES))
        self._due = 0.0

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if frame.seconds < self._due:
            return
        import cv2

        self._due = frame.seconds + _EVERY
        luma = frame.planes[0]
        detail = float(np.abs(cv2.Laplacian(luma, cv2.CV_16S)).mean())
        contrast = float(frame.gray.std()) / 255
        self._values.add(frame.seconds, blockiness(luma), detail, contrast, colourfulness(frame.picture))

    def track(self) -> QualityTrack:
        """What was seen."""
        return QualityTrack(self._values)


def blockiness(luma: np.ndarray) -> float:
    """Mean step of brightness across the lines of the 8x8 grid over that beside them, less 1, not below 0.

    Args:
        luma: Brightness as the codec stored it, uint8 [H,W]. A picture that was enlarged or cropped has lost the grid.
    """
    ratios = []
    for lines in (luma, luma.T):
        steps = np.abs(np.diff(lines.astype(np.int16), axis=1)).mean(axis=0)
        phases = np.array([steps[phase::_GRID].mean() for phase in range(_GRID)])
        on, off = phases[_GRID - 1], np.delete(phases, _GRID - 1).mean()
        ratios.append(on / max(off, 0.1))
    return max(0.0, float(np.mean(ratios)) - 1)


def colourfulness(picture: np.ndarray) -> float:
    """Hasler and Suesstrunk's M3 of a picture uint8 [H,W,3] RGB: spread and strength of its opponent colours."""
    red, green, blue = (picture[:, :, channel].astype(np.float32) for channel in range(3))
    first, second = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(first.std(), second.std()))
    strength = float(np.hypot(first.mean(), second.mean()))
    return spread + 0.3 * strength
