"""Sparse looks: when a costly model looks at a film, and for how long what it saw holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from assets.curation.signals.frame import Frame

_GRID = (32, 18)
_CHANGED = 0.04  # of 1: mean difference from which the picture is another one
_SETTLED = 0.3  # seconds after a change: not within a transition
_CHECKED = 0.2  # seconds between comparisons

Value = TypeVar("Value")


@dataclass
class Look(Generic[Value]):
    """What was seen at ``first``; the picture stayed much the same until ``last`` (seconds)."""

    first: float
    last: float
    value: Value


@dataclass
class Looks(Generic[Value]):
    """The looks of a film, in order."""

    found: list[Look[Value]] = field(default_factory=list)

    def between(self, start: float, end: float) -> list[Value]:
        """Those that hold for a part of [start, end)."""
        return [look.value for look in self.found if look.last >= start and look.first < end]


class Watch(Generic[Value]):
    """Looks at a film shortly after each change of its picture, and at least every ``longest`` seconds.

    Args:
        longest: Seconds between looks at a picture that does not change.
    """

    def __init__(self, longest: float) -> None:
        self.looks: Looks[Value] = Looks()
        self._longest = longest
        self._seen: np.ndarray | None = None
        self._before: np.ndarray | None = None
        self._changed_at = 0.0
        self._checked = -1.0

    def see(self, frame: Frame, look: Callable[[], Value]) -> None:
        """Take the next frame; ``look`` is called when it is time to."""
        import cv2

        if frame.seconds - self._checked < _CHECKED - 1e-3:
            return
        self._checked = frame.seconds
        small = cv2.resize(frame.gray, _GRID, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        if self._before is None or _differ(small, self._before):
            self._changed_at = frame.seconds
        self._before = small
        last = self.looks.found[-1] if self.looks.found else None
        same = self._seen is not None and not _differ(small, self._seen)
        if last is not None and same:
            last.last = frame.seconds
        settled = frame.seconds - self._changed_at >= _SETTLED
        overdue = last is not None and frame.seconds - last.first >= self._longest - 1e-3
        if (settled and not same) or overdue:
            self.looks.found.append(Look(frame.seconds, frame.seconds, look()))
            self._seen = small


def _differ(first: np.ndarray, second: np.ndarray) -> bool:
    return float(np.abs(first - second).mean()) > _CHANGED
