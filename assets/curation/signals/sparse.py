"""Sparse looks: when a costly model looks at a film, and for how long what it saw holds."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from assets.curation.signals.frame import Frame

_GRID = (32, 18)
_CHANGED = 0.05  # of 1: mean difference from which the picture is another one
_SETTLED = 0.4  # seconds after it has become another: not within a transition
_PATIENCE = 4 / 3  # times the least time between looks: so long it waits for what never settles
_CHECKED = 0.2  # seconds between comparisons

Picture = TypeVar("Picture")
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


class Watch(Generic[Picture, Value]):
    """Looks at a film shortly after its picture has become another one, and now and then at one that has not.

    Pictures are judged in a thread of their own while the film goes on, one at a time: no more than one waits.

    Args:
        least: Seconds between two looks at least, however much changes.
        longest: Seconds between looks at a picture that does not change.
        judge: What is found in a picture.
    """

    def __init__(self, least: float, longest: float, judge: Callable[[Picture], Value]) -> None:
        self._least, self._longest, self._judge = least, longest, judge
        self._beside = ThreadPoolExecutor(1)
        self._found: list[Look[Future[Value]]] = []
        self._seen: np.ndarray | None = None
        self._before: np.ndarray | None = None
        self._changed = 0.0
        self._another_since: float | None = None
        self._checked = -1.0

    def see(self, frame: Frame, picture: Callable[[], Picture]) -> None:
        """Take the next frame; ``picture`` is called when it is time to look."""
        import cv2

        if frame.seconds - self._checked < _CHECKED - 1e-3:
            return
        self._checked = frame.seconds
        small = cv2.resize(frame.gray, _GRID, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        last = self._found[-1] if self._found else None
        another = self._seen is None or _differ(small, self._seen)
        if not another:
            self._another_since = None
        elif self._another_since is None:
            self._another_since = frame.seconds
        if self._before is None or _differ(small, self._before):
            self._changed = frame.seconds
        self._before = small
        since = frame.seconds - last.first if last is not None else np.inf
        if self._another_since is None:
            if last is not None:
                last.last = frame.seconds
            due = since >= self._longest - 1e-3
        else:
            # Neither within a cut or a transition, nor never, where all keeps moving.
            settled = frame.seconds - max(self._changed, self._another_since) >= _SETTLED - 1e-3
            waited = frame.seconds - self._another_since >= _PATIENCE * self._least
            due = since >= self._least and (settled or waited)
        if due:
            if last is not None:
                last.value.result()
            self._found.append(Look(frame.seconds, frame.seconds, self._beside.submit(self._judge, picture())))
            self._seen, self._another_since = small, None

    def looks(self) -> Looks[Value]:
        """What was found, after the last frame. Raises what ``judge`` raised."""
        self._beside.shutdown()
        return Looks([Look(look.first, look.last, look.value.result()) for look in self._found])


def _differ(first: np.ndarray, second: np.ndarray) -> bool:
    return float(np.abs(first - second).mean()) > _CHANGED
