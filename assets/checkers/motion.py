"""What a thing does, from its path before a camera at rest."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from assets.checkers.judgement import Judgement
from assets.checkers.things import Thing

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

_ASIDE = 0.16  # short sides from which a thing goes to a side
_UPWARD = 0.14  # ... or upward or downward
_AGAIN = 0.09  # height of a rise that follows a fall, or a fall that follows a rise
_LANDED = 0.08  # how near to its lowest place a thing that jumps begins


def way(thing: Thing) -> Judgement[Way]:
    """The way that a thing goes; as sure as its measures are far from where another way begins."""
    if len(thing.frames) < 2:
        return Judgement("still", 0.5)
    x, y = _smooth(thing.x), _smooth(thing.y)
    aside, down = float(x[-1] - x[0]), float(y[-1] - y[0])
    leap, dip = _turn(-y), _turn(y)  # up and down again, down and up again
    if abs(aside) >= _ASIDE:
        return Judgement("right" if aside > 0 else "left", _sure(abs(aside), _ASIDE))
    if max(leap, dip) >= _AGAIN:
        begins_low = float(y.max() - y[0]) <= _LANDED
        return Judgement("jump" if begins_low else "bounce", _sure(max(leap, dip), _AGAIN))
    if abs(down) >= _UPWARD:
        return Judgement("fall" if down > 0 else "rise", _sure(abs(down), _UPWARD))
    return Judgement("still", _sure(_ASIDE, max(abs(aside), abs(down), leap, dip)))


def _sure(larger: float, smaller: float) -> float:
    """0.5 where two lengths are equal, toward 1 the more the first exceeds the second."""
    return larger / (larger + smaller)


def _turn(height: NDArray[np.float64]) -> float:
    """The smaller of the largest rise and the fall that follows it: 0 for a path that goes one way."""
    low = np.minimum.accumulate(height)
    best = 0.0
    for top in range(1, len(height)):
        best = max(best, min(float(height[top] - low[top]), float(height[top] - height[top:].min())))
    return best


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians of three, the ends kept: a single sighting that is off does not count."""
    if len(values) < 3:
        return values
    inner = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return np.concatenate([values[:1], inner, values[-1:]])
