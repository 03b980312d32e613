"""What a thing does, from its path before a camera at rest."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from assets.checkers.classifier import Classifier, fit
from assets.checkers.judgement import Judgement
from assets.checkers.things import Thing

Floats = NDArray[np.float64]

Way = Literal["still", "left", "right", "rise", "fall", "bounce", "jump"]
WAYS: tuple[Way, ...] = get_args(Way)
WAY_OF: dict[str, Way] = {  # what the world's motions look like from their paths alone
    "still": "still",
    "spin": "still",
    "left": "left",
    "throw left": "left",
    "right": "right",
    "throw right": "right",
    "rise": "rise",
    "fall": "fall",
    "bounce": "bounce",
    "jump": "jump",
}
_REBOUND = 0.05  # short sides that a thing must rise again to be seen to bounce
WEIGHTS = Path(__file__).parent / "weights" / "motion.safetensors"
_POINTS = 16  # of a path, from the clip's first frame to its last
_COPIES = 3  # of each true path, each seen in another way
_UNSURE = 0.04  # standard deviation of where a thing is seen, in its extents
_STRAY, _FAR = 0.03, 0.4  # how often a sighting is off, and how far, in extents
_MISSED = 0.08  # how often a thing is not seen
_HIDDEN = 0.3  # how often it is hidden for up to ...
_LONGEST = 0.45  # ... this share of the time


def way(thing: Thing) -> Judgement[Way]:
    """The way that a thing goes."""
    if len(thing.frames) < 2:
        return Judgement("still", 0.5)
    odds = _loaded().probabilities(features(thing.frames, thing.x, thing.y, thing.of)[None])[0]
    best = int(np.argmax(odds))
    return Judgement(WAYS[best], float(odds[best]))


def seen_to(does: Way, y: Floats) -> bool:
    """Whether a true path, y [F] in short sides, shows that way.

    A thing that sets out to bounce and lands on another one comes to rest there: from its path it fell.
    """
    return does != "bounce" or _turn(y) >= _REBOUND


def features(frames: NDArray[np.int64], x: Floats, y: Floats, count: int) -> Floats:
    """A path of a clip of ``count`` frames in numbers: its course, and its whole way, leaps and dips in each direction.

    Args:
        frames: In which the thing is seen, at least two.
        x: Where, in short sides, to the right,
        y: and downward.
        count: Of the clip's frames.
    """
    times = np.linspace(0, count - 1, _POINTS)
    right, down = (np.interp(times, frames, _smooth(part)) for part in (x, y))
    measures = [
        measure
        for part in (right, down)
        for measure in (part[-1] - part[0], np.ptp(part), _turn(part), _turn(-part), np.abs(np.diff(part)).max())
    ]
    return np.concatenate([right - right[0], down - down.max(), measures])


def train(paths: Sequence[tuple[Way, float, Floats, Floats]], seed: int) -> Classifier:
    """A classifier trained on true paths as they would be seen; equal arguments give equal weights.

    Args:
        paths: Way, extent, and x and y in each frame of a clip, in short sides.
        seed: Of how they are seen and of the first weights.
    """
    rng = np.random.default_rng(seed)
    most = max(sum(way == name for way, *_ in paths) for name in WAYS)
    rows, classes = [], []
    for name in WAYS:
        own = [path for path in paths if path[0] == name]
        for number in range(_COPIES * most):  # rare ways as often as common ones
            _, extent, x, y = own[number % len(own)]
            frames, right, down = _seen(rng, extent, x, y)
            rows.append(features(frames, right, down, len(x)))
            classes.append(WAYS.index(name))
    return fit(np.stack(rows), np.array(classes), len(WAYS), seed)


def _seen(rng: np.random.Generator, extent: float, x: Floats, y: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """A true path as the detector might see it: a little off, with frames missed, hidden for a while, or far off."""
    count = len(x)
    here = (rng.random(count) >= _MISSED) & (np.abs(x) < 0.5) & (np.abs(y) < 0.5)
    if rng.random() < _HIDDEN:
        length = int(rng.integers(1, max(2, round(_LONGEST * count))))
        start = int(rng.integers(-length // 2, count - length // 2))
        here[max(0, start) : max(0, start + length)] = False
    if np.count_nonzero(here) < 2:
        here[[0, -1]] = True
    off = np.where(rng.random(count) < _STRAY, _FAR, _UNSURE)[:, None] * extent
    right, down = (np.stack([x, y], axis=1) + off * rng.normal(size=(count, 2)))[here].T
    return np.flatnonzero(here), right, down


def _turn(height: Floats) -> float:
    """The smaller of the largest rise and the fall that follows it: 0 for a path that goes one way."""
    rise = height - np.minimum.accumulate(height)
    fall = height - np.minimum.accumulate(height[::-1])[::-1]
    return float(np.minimum(rise, fall).max())


def _smooth(values: Floats) -> Floats:
    """Medians of three, the ends kept: a single sighting that is off does not count."""
    if len(values) < 3:
        return values
    inner = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return np.concatenate([values[:1], inner, values[-1:]])


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)
