"""Touches: moments at which a body's speed changes as no flight changes it, or fire appears; not all are contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assets.checkers.bodies import Body, Patches

Floats = NDArray[np.float64]
Frames = NDArray[np.uint8]
Kind = Literal["lands", "leaps", "bursts"]

GRAVITY = 3.0  # short sides / s2: what paths in flight bend by
_KICK = 0.15  # change of speed, short sides / s, from which a thing may have touched something
_FALLS = 0.06  # downward speed from which a thing is taken to be in flight
_RESTS = 0.12  # speed below which a thing is taken to be at rest
_NEAR = 0.2  # short sides between two bodies that may be one thing
_SHARES = np.linspace(0, 1, 21)  # of a step at which a touch is looked for
_BURST = 40  # pixels that change at once where something bursts
_MARGIN = 6  # pixels about them where ...
_CALM = 0.6  # ... less than this share of them changes in the two steps before
_GOES = 0.3  # speed of two points or more from which what changed has not burst but set off
_BURNS = 5  # steps in which fire is looked for
_OTHERWISE = 40  # of 255: how much a pixel must have changed to have come to burn
FEATURES = 35  # 23 of a kicked body, 12 of a burst


@dataclass(frozen=True, eq=False)
class Touch:
    """Something may have hit, leapt or burst.

    Attributes:
        seconds: When, between frames too.
        features: What speaks for it or against it, [FEATURES].
    """

    seconds: float
    kind: Kind
    features: Floats


def touches(frames: Frames, fps: float, found: Sequence[Body], patches: Sequence[Patches]) -> list[Touch]:
    """The touches of bodies that move in frames whose patches change, in no order."""
    speeds = [_speeds(body, fps) for body in found]
    kicks = [np.array([_kick(speed, at, fps) for at in range(len(speed))]) for speed, _ in speeds]
    touched = [
        _touch(number, at, fps, found, speeds, kicks)
        for number, kick in enumerate(kicks)
        for at in np.flatnonzero(kick >= _KICK).tolist()
        if kick[at] >= kick[max(0, at - 2) : at + 3].max()
    ]
    return touched + _bursts(frames, fps, found, patches)


def _speeds(body: Body, fps: float) -> tuple[Floats, Floats]:
    """Downward and sideways speed in each step [F - 1], NaN where nobody knows; 0 before it first moved."""
    down, aside = body.dy * fps, body.dx * fps
    begun = int(np.argmax(body.area > 0))
    if body.rested and begun:
        down[:begun] = aside[:begun] = 0.0
    return down, aside


def _before(speed: Floats, at: int, fps: float) -> float:
    """Speed in the step before, or told from the one before that; NaN where nobody knows."""
    if at >= 1 and not np.isnan(speed[at - 1]):
        return float(speed[at - 1])
    if at >= 2 and not np.isnan(speed[at - 2]):
        return float(speed[at - 2]) + (GRAVITY / fps if speed[at - 2] > _FALLS else 0.0)
    return float("nan")


def _after(speed: Floats, at: int, fps: float) -> float:
    """Speed in the step after, or told from the one after that; NaN where nobody knows."""
    if at + 1 < len(speed) and not np.isnan(speed[at + 1]):
        return float(speed[at + 1])
    if at + 2 < len(speed) and not np.isnan(speed[at + 2]):
        return float(speed[at + 2]) - (GRAVITY / fps if abs(speed[at + 2]) > _RESTS else 0.0)
    return float("nan")


def _kick(speed: Floats, at: int, fps: float) -> float:
    """How much faster upward a thing is after a step than it would be without a touch; 0 where nobody knows."""
    before, after = _before(speed, at, fps), _after(speed, at, fps)
    if np.isnan(before) or np.isnan(after):
        return 0.0
    return before + (1.5 * GRAVITY / fps if before > _FALLS else 0.0) - after


def _moment(speed: Floats, at: int, fps: float) -> tuple[float, float]:
    """Seconds of a touch within a step, and by how much speed the step's length is missed if it is then."""
    before, after = _before(speed, at, fps), _after(speed, at, fps)
    if np.isnan(speed[at]):  # in the middle of the steps that nobody knows
        first = last = at
        while first > 0 and np.isnan(speed[first - 1]):
            first -= 1
        while last + 1 < len(speed) and np.isnan(speed[last + 1]):
            last += 1
        return (first + last + 1) / (2 * fps), 1.0
    if np.isnan(before + after):
        return (at + 0.5) / fps, 1.0
    falls, flies = before > _FALLS, abs(after) > _RESTS
    down = before + falls * GRAVITY / (2 * fps)
    up = after - GRAVITY / (2 * fps) if flies else 0.0
    early, late = _SHARES / fps, (1 - _SHARES) / fps
    ways = down * early + falls * GRAVITY * early**2 / 2 + up * late - flies * GRAVITY * late**2 / 2
    miss = np.abs(ways * fps - speed[at])
    best = int(np.argmin(miss))
    return (at + float(_SHARES[best])) / fps, float(miss[best])


def _touch(
    number: int,
    at: int,
    fps: float,
    found: Sequence[Body],
    speeds: Sequence[tuple[Floats, Floats]],
    kicks: Sequence[Floats],
) -> Touch:
    """The touch of a body in a step, or in the one beside it whose length tells the moment better."""
    body, (speed, aside), kick = found[number], speeds[number], kicks[number]
    near = [one for one in (at - 1, at, at + 1) if 0 <= one < len(speed) and kick[one] >= 0.6 * kick[at]]
    seconds, miss = min((_moment(speed, one, fps) for one in near), key=lambda pair: pair[1])
    before, after = _before(speed, at, fps), _after(speed, at, fps)
    flies = abs(after) > _RESTS
    bends = (
        _value(speed, at - 1) - _value(speed, at - 2) - (GRAVITY / fps if before > _FALLS else 0.0),
        _value(speed, at + 2) - _value(speed, at + 1) - (GRAVITY / fps if flies else 0.0),
    )
    leaps = before < _RESTS and after < -_RESTS
    against, alike = _others(number, at, found, speeds, kicks)
    kinetic = [
        *(kick[at], before, after, _sized(aside, at - 1), _sized(aside, at + 1)),
        *(0.0 if np.isnan(bend) else abs(bend) for bend in bends),
        *(float(np.isnan(bend)) for bend in bends),
        *(miss, float(np.isnan(speed[at]))),
        *(float(np.log1p(_at(body.points, at + beside))) for beside in (-1, 0, 1)),
        *(float(np.log1p(_at(body.area, at + beside))) for beside in (-1, 0, 1)),
        *(float(np.nan_to_num(body.y[at])), 16 / fps, against, alike, float(leaps), float(body.rested)),
    ]
    features = np.concatenate([np.clip(kinetic, -8, 8), np.zeros(FEATURES - len(kinetic))])
    return Touch(seconds, "leaps" if leaps else "lands", features)


def _others(
    number: int, at: int, found: Sequence[Body], speeds: Sequence[tuple[Floats, Floats]], kicks: Sequence[Floats]
) -> tuple[float, float]:
    """How many bodies near by fly on undisturbed, and how many are kicked too."""
    body, against, alike = found[number], 0, 0
    for other, (down, _) in enumerate(speeds):
        away = np.hypot(found[other].x[at] - body.x[at], found[other].y[at] - body.y[at])
        if other == number or not away < _NEAR:
            continue
        if kicks[other][max(0, at - 1) : at + 2].max() >= _KICK:
            alike += 1
        elif abs(down[at]) > 2 * _KICK:
            against += 1
    return float(against), float(alike)


def _value(values: Floats, at: int) -> float:
    return float(values[at]) if 0 <= at < len(values) else float("nan")


def _sized(values: Floats, at: int) -> float:
    return float(np.nan_to_num(abs(_value(values, at))))


def _at(values: NDArray[np.int64], at: int) -> int:
    return int(values[at]) if 0 <= at < len(values) else 0


def _bursts(frames: Frames, fps: float, bodies: Sequence[Body], patches: Sequence[Patches]) -> list[Touch]:
    """Where much changes at once, something comes to burn, and nothing goes away from there."""
    found = []
    for at, (labels, count) in enumerate(patches):
        for number in range(1, count + 1):
            patch = labels == number
            area = int(np.count_nonzero(patch))
            if at < 1 or area < _BURST:
                continue
            around = _around(patch)
            changing = _changing(patches, at, around)
            if changing[:2].max() > _CALM * area or _leaves(bodies, at + 1, fps, around, frames.shape[1:3]):
                continue
            cut = [frame[around].astype(int) for frame in frames[at : at + 1 + _BURNS]]
            burning = [float(np.log1p(np.count_nonzero(patch[around] & _burns(cut[0], later)))) for later in cut[1:]]
            if min(burning) <= 0:
                continue
            burning += [burning[-1]] * (_BURNS - len(burning))
            shown = [*burning, *(np.log1p(changing) - np.log(area)).tolist(), float(np.log(area))]
            features = np.concatenate([np.zeros(FEATURES - 1 - len(shown)), [1.0], np.clip(shown, -8, 8)])
            found.append(Touch((at + 0.5) / fps, "bursts", features))
    return found


def _leaves(bodies: Sequence[Body], at: int, fps: float, around: tuple[slice, slice], size: tuple[int, ...]) -> bool:
    """Whether something moves on from a place in a step."""
    for body in bodies:
        if at >= len(body.points) or body.points[at] < 2 or np.hypot(body.dx[at], body.dy[at]) * fps < _GOES:
            continue
        row, column = body.y[at] * min(size) + size[0] / 2, body.x[at] * min(size) + size[1] / 2
        if around[0].start <= row < around[0].stop and around[1].start <= column < around[1].stop:
            return True
    return False


def _changing(patches: Sequence[Patches], at: int, around: tuple[slice, slice]) -> NDArray[np.int64]:
    """How many pixels change about a place two steps and one step before, and one, two and three steps after."""
    steps = [at + beside for beside in (-2, -1, 1, 2, 3)]
    return np.array(
        [np.count_nonzero(patches[step][0][around]) if 0 <= step < len(patches) else 0 for step in steps], np.int64
    )


def _around(patch: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The box of a patch, somewhat larger."""
    rows, columns = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - _MARGIN), int(rows[-1]) + 1 + _MARGIN),
        slice(max(0, int(columns[0]) - _MARGIN), int(columns[-1]) + 1 + _MARGIN),
    )


def _burns(before: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels that have become bright and yellow, orange or red."""
    red, green, blue = (now[..., channel] for channel in range(3))
    fire = (red > 170) & (blue < 0.55 * red) & (green > 0.2 * red) & (green >= blue)
    return np.asarray(fire & (np.abs(now - before).max(axis=-1) > _OTHERWISE))
