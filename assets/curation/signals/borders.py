"""Borders: bars of one colour around the picture (letterbox, pillarbox), by scan lines and the first derivative."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.series import Series

_EVERY = 0.5  # seconds
_UNIFORM = 2.5  # levels of 255 that a line of a bar deviates at most
_JUMP = 5.0  # levels that the picture differs from the bar behind its edge
_STRAIGHT = 0.35  # share of the edge where it does
_SLACK = 1.5 / 144  # of a side: the same edge in two frames


@dataclass(frozen=True)
class BorderTrack:
    """Bars of each look: width of the left, top, right, bottom one as share of its side, then how straight each is."""

    bars: Series

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``border``: share of the picture's area that bars take; ``borders``: of its width or height, on each side.

        The order is left, top, right, bottom. A bar is there in every look, and ends in a straight edge in one.
        """
        rows = self.bars.between(start, end)
        if not len(rows):
            why = "no picture with content was looked at in the span"
            return {"border": None, "borders": None, "missing": {"border": why, "borders": why}}
        widths = rows[:, :4].min(axis=0)
        at_edge = rows[:, :4] <= widths + _SLACK
        straight = np.where(at_edge, rows[:, 4:], 0.0).max(axis=0)
        left, top, right, bottom = (float(width) for width in np.where(straight >= _STRAIGHT, widths, 0.0))
        return {
            "border": round(1 - (1 - left - right) * (1 - top - bottom), 4),
            "borders": [round(value, 4) for value in (left, top, right, bottom)],
        }


class Borders:
    """Looks at the frame's edges twice a second."""

    def __init__(self) -> None:
        self._bars = Series(8)
        self._due = 0.0

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if frame.seconds < self._due:
            return
        gray = frame.gray.astype(np.float32)
        if gray.std() < _UNIFORM:  # an empty picture has no edges: look again at the next frame
            return
        self._due = frame.seconds + _EVERY
        found = [_bar(lines) for lines in (gray.T, gray, gray.T[::-1], gray[::-1])]
        self._bars.add(frame.seconds, *(width for width, _ in found), *(straight for _, straight in found))

    def track(self) -> BorderTrack:
        """What was seen."""
        return BorderTrack(self._bars)


def _bar(lines: np.ndarray) -> tuple[float, float]:
    """The bar along the first lines: its share of them, and the share of its edge where the picture jumps."""
    same = (lines.std(axis=1) < _UNIFORM) & (np.abs(lines.mean(axis=1) - lines[0].mean()) < _UNIFORM)
    width = int(np.argmin(same)) if not same.all() else len(lines)
    if not 0 < width < len(lines) - 3:
        return 0.0, 0.0
    # Shrinking blurs the edge over a line or two.
    behind = np.abs(lines[width : width + 3] - lines[width - 1]).max(axis=0)
    return width / len(lines), float((behind > _JUMP).mean())
