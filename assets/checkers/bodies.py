"""Bodies: what moves before a camera at rest, by points that are followed from frame to frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT

Floats = NDArray[np.float64]
Frames = NDArray[np.uint8]
Vectors = NDArray[np.float32]
Patches = tuple[NDArray[np.int32], int]

_CHANGED = 18  # of 255: a pixel that differs by more from one frame to the next changes
_SMALLEST = 14  # pixels of a patch that changes
_POINTS = 14  # of a body
_APART = 3.0  # pixels between two points
_WINDOW, _LEVELS = 11, 2
_CLEAR, _LOST = 4.0, 22.0  # of 255: how much a point's surroundings may differ; beyond the first, other guesses follow
_LEAP = 0.55  # short sides / s: guess at the speed of what sets off upward
_RETURNED = 0.8  # guess at the share of its speed with which a thing comes back from the ground
_MOVES = 0.35  # pixels between frames from which a point moves
_HALTS = 1.2  # pixels between frames: what went faster and stands while all about it moves has slipped to the ground
_STRAY = 2.0  # pixels by which a point may go another way than its body, and stay its point


@dataclass(eq=False)
class Body:
    """One moving thing over F - 1 steps between frames; arrays [F - 1], in short sides.

    Attributes:
        dx, dy: How far it went in each step; NaN where nobody knows.
        x, y: Where it was at the step's beginning, from the frame's middle.
        points: How many points say so.
        area: Pixels of the patches that it changed in the step.
        rested: Whether nothing moved there before its first step.
    """

    dx: Floats
    dy: Floats
    x: Floats
    y: Floats
    points: NDArray[np.int64]
    area: NDArray[np.int64]
    rested: bool


@dataclass(frozen=True, eq=False)
class _Points:
    """Live points: place and last step [N, 2] in pixels, and the number of each one's body [N]."""

    place: Vectors
    step: Vectors
    body: NDArray[np.int64]


def bodies(frames: Frames, fps: float, patches: Sequence[Patches]) -> tuple[Body, ...]:
    """What moves before a camera at rest. One thing may be several bodies, beside or after one another.

    Args:
        frames: uint8 [F, H, W, 3].
        fps: Frames a second.
        patches: What changes from each frame to the next (``changed``), F - 1 of them.
    """
    return _Following(frames, fps).run(patches)


class _Following:
    def __init__(self, frames: Frames, fps: float) -> None:
        import cv2

        self.grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
        self.leap = np.array([0, -_LEAP * SHORT / fps], np.float32)
        self.points = _Points(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32), np.zeros(0, np.int64))
        self.found: list[Body] = []
        self.last: tuple[NDArray[np.int32], list[int]] | None = None  # patches of the step before, and their bodies

    def run(self, steps: Sequence[Patches]) -> tuple[Body, ...]:
        for at, (patches, count) in enumerate(steps):
            owners: list[int] = []
            for number in range(1, count + 1):
                patch = patches == number
                owners.append(self._owner(patch, self._within(patches) == number))
                self.found[owners[-1]].area[at] += np.count_nonzero(patch)
                self._sow(at, patch, owners[-1], int(np.count_nonzero(self._within(patches) == number)))
            self._go_on(at, self._within(patches) > 0)
            self.last = patches, owners
        return tuple(self.found)

    def _within(self, patches: NDArray[np.int32]) -> NDArray[np.int32]:
        """The number of the patch that each point lies in, [N]; 0 for none."""
        height, width = patches.shape
        column, row = np.rint(self.points.place).astype(int).T
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        return np.where(inside, patches[row.clip(0, height - 1), column.clip(0, width - 1)], 0)

    def _owner(self, patch: NDArray[np.bool_], inside: NDArray[np.bool_]) -> int:
        """The body that changes a patch: whose points lie in it, or that was there a step before, or a new one."""
        moving = inside & (np.abs(self.points.step).max(axis=1, initial=0) >= _MOVES)
        for some in (moving, inside):
            if some.any():
                return int(np.bincount(self.points.body[some]).argmax())
        rested = self.last is not None
        if self.last is not None:
            shared = np.bincount(self.last[0][patch], minlength=len(self.last[1]) + 1)[1:]
            rested = not shared.any()
            for number in np.argsort(-shared):
                if shared[number] and not (self.points.body == self.last[1][number]).any():
                    return self.last[1][number]
        steps = len(self.grey) - 1
        dx, dy, x, y = (np.full(steps, np.nan) for _ in range(4))
        self.found.append(Body(dx, dy, x, y, np.zeros(steps, np.int64), np.zeros(steps, np.int64), rested))
        return len(self.found) - 1

    def _sow(self, at: int, patch: NDArray[np.bool_], owner: int, there: int) -> None:
        """Give a patch that has few points some more, where it has corners."""
        import cv2

        wanted = _POINTS - there
        if wanted <= _POINTS // 2:
            return
        rows, columns = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
        cut = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        mask = patch[cut].astype(np.uint8)
        corners = cv2.goodFeaturesToTrack(self.grey[at][cut], wanted, 0.02, _APART, mask=mask, blockSize=3)
        if corners is None:
            return
        fresh = corners.reshape(-1, 2) + np.array([columns[0], rows[0]], np.float32)
        mine = self.points.body == owner
        step = np.median(self.points.step[mine], axis=0) if mine.any() else np.zeros(2, np.float32)
        self.points = _Points(
            np.concatenate([self.points.place, fresh]).astype(np.float32),
            np.concatenate([self.points.step, np.repeat(step[None], len(fresh), axis=0)]).astype(np.float32),
            np.concatenate([self.points.body, np.full(len(fresh), owner)]),
        )

    def _go_on(self, at: int, busy: NDArray[np.bool_]) -> None:
        """Follow the points to the next frame - those outside of all patches stay - and note how far bodies went."""
        now = self.points
        step, known = np.zeros_like(now.step), np.ones(len(busy), bool)
        if busy.any():
            step[busy], known[busy] = self._followed(at, now.place[busy], now.step[busy])
        size = np.abs(step).max(axis=1, initial=0)
        known &= ~(busy & (size < _MOVES) & (np.abs(now.step).max(axis=1, initial=0) > _HALTS))
        moving = busy & (size >= _MOVES)
        for body in np.unique(now.body):
            mine = (now.body == body) & known
            if (mine & moving).sum() >= 2:  # those that lie still while their patch changes are the ground's
                known &= ~(mine & busy & ~moving)
                mine &= moving
            if not mine.any():
                continue
            middle = np.median(step[mine], axis=0)
            known &= ~(mine & (np.abs(step - middle).max(axis=1) > _STRAY + 0.25 * np.abs(middle).max()))
            self._write(self.found[body], at, middle, np.median(now.place[mine], axis=0), int(mine.sum()))
        self.points = _Points((now.place + step)[known], step[known], now.body[known])

    def _write(self, body: Body, at: int, step: Vectors, place: Vectors, points: int) -> None:
        height, width = self.grey[0].shape
        body.dx[at], body.dy[at] = step / SHORT
        body.x[at], body.y[at] = (place[0] - width / 2) / SHORT, (place[1] - height / 2) / SHORT
        body.points[at] = points

    def _followed(self, at: int, place: Vectors, step: Vectors) -> tuple[Vectors, NDArray[np.bool_]]:
        """Steps [N, 2] of points, by the guess that explains the picture best, and which of them are believed."""
        best, error = np.zeros_like(place), np.full(len(place), np.inf)
        for guess in self._guesses(step):
            open_ = error > _CLEAR
            if not open_.any():
                break
            there, off = self._found_at(at, place[open_], place[open_] + guess[open_])
            better = np.zeros(len(place), bool)
            better[open_] = off < error[open_]
            best[better] = (there - place[open_])[off < error[open_]]
            error[open_] = np.minimum(off, error[open_])
        return best, error < _LOST

    def _found_at(self, at: int, place: Vectors, guess: Vectors) -> tuple[Vectors, Floats]:
        """Where points are in the next frame, near a guess, and how much they differ there."""
        import cv2

        flow: Any = cv2.calcOpticalFlowPyrLK
        there, found, off = flow(
            self.grey[at],
            self.grey[at + 1],
            place[:, None],
            guess[:, None].copy(),
            winSize=(_WINDOW, _WINDOW),
            maxLevel=_LEVELS,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        return there[:, 0], np.where(found[:, 0] > 0, off[:, 0].astype(float), np.inf)

    def _guesses(self, step: Vectors) -> Iterator[Vectors]:
        """Where points may go: on as before, back from the ground, nowhere, upward from rest."""
        yield step
        yield step * np.array([1, -_RETURNED], np.float32)
        yield np.zeros_like(step)
        yield np.repeat(self.leap[None], len(step), axis=0)


def changed(frame: Frames, following: Frames) -> Patches:
    """Patches [H, W] that change from a frame to the next, numbered from 1, and how many."""
    import cv2

    change = cv2.blur(cv2.absdiff(frame, following).max(axis=2), (3, 3)) > _CHANGED
    closed = cv2.morphologyEx(change.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    large = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= _SMALLEST) + 1
    numbers = np.zeros(count, np.int32)
    numbers[large] = np.arange(1, len(large) + 1)
    return numbers[labels], len(large)
