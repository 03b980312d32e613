"""Things: what the detector sees in single frames, joined over time into one answer a thing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers.detector import Maps, look_at
from assets.checkers.patches import SHORT, STRIDE
from assets.checkers.vocabulary import COLOURS, KINDS

Floats = NDArray[np.float64]

_THERE = 0.4  # probability from which a cell is believed
_SAME = 0.45  # of the extent: two sightings in one frame nearer than this are one
_STRIDE_OF_MIND = 0.34  # short sides that cost as much as a wholly different look
_FAR = 2.2  # cost from which two sightings are two things
_GAP = 4  # frames that a thing may be hidden
_FEWEST = 0.2  # share of the frames in which a thing must be seen, and at least two of several


@dataclass(frozen=True, eq=False)
class Sighting:
    """One thing in one frame.

    Attributes:
        x, y: Centre from the frame's middle, and ``extent`` the longest side, all in short sides.
        score: Probability that something is there.
        kinds, colours: Logarithms of probabilities, [K] and [C].
    """

    frame: int
    x: float
    y: float
    extent: float
    score: float
    kinds: Floats
    colours: Floats


@dataclass(frozen=True, eq=False)
class Thing:
    """One thing over time, seen in N frames; arrays [N] in the units of ``Sighting``.

    Attributes:
        kinds, colours: Probabilities over all sightings, [K] and [C].
        of: How many frames the clip has.
    """

    frames: NDArray[np.int64]
    x: Floats
    y: Floats
    extent: Floats
    scores: Floats
    kinds: Floats
    colours: Floats
    of: int

    @property
    def kind(self) -> str:
        """The likeliest kind."""
        return KINDS[int(np.argmax(self.kinds))]

    @property
    def colour(self) -> str:
        """The likeliest colour, ``own`` for a thing that is not dyed."""
        return COLOURS[int(np.argmax(self.colours))]


def things(frames: NDArray[np.uint8]) -> tuple[Thing, ...]:
    """The things in uint8 [F, H, W, 3], those first that are seen best."""
    maps = look_at(frames)
    count = len(maps.there)
    open_: list[list[Sighting]] = []
    for frame in range(count):
        _join(open_, _sightings(maps, frame))
    fewest = max(min(2, count), round(_FEWEST * count))
    found = [_thing(track, count) for track in open_ if len(track) >= fewest]
    return tuple(sorted(found, key=lambda thing: -float(thing.scores.sum())))


def _sightings(maps: Maps, frame: int) -> list[Sighting]:
    """What one frame shows: cells that point to one centre together, the surest first."""
    there = maps.there[frame]
    rows, columns = np.nonzero(there >= _THERE)
    order = np.argsort(-there[rows, columns])
    rows, columns = rows[order], columns[order]
    height, width = there.shape
    place = maps.place[frame, rows, columns].astype(float)
    x = (columns + 0.5 + place[:, 0] - width / 2) * STRIDE / SHORT
    y = (rows + 0.5 + place[:, 1] - height / 2) * STRIDE / SHORT
    extent = 2 ** np.clip(place[:, 2], -2, 3) * 32 / SHORT
    scores = there[rows, columns].astype(float)
    free = np.full(len(rows), True)
    found = []
    for first in range(len(rows)):
        if not free[first]:
            continue
        near = free & (np.hypot(x - x[first], y - y[first]) < _SAME * np.maximum(extent, extent[first]))
        free &= ~near
        weight = scores[near] / scores[near].sum()
        found.append(
            Sighting(
                frame,
                float(weight @ x[near]),
                float(weight @ y[near]),
                float(weight @ extent[near]),
                float(scores[first]),
                weight @ maps.kind[frame, rows[near], columns[near]],
                weight @ maps.colour[frame, rows[near], columns[near]],
            )
        )
    return found


def _join(tracks: list[list[Sighting]], seen: list[Sighting]) -> None:
    """Give each sighting to the track that it goes on, or let it begin one."""
    from scipy.optimize import linear_sum_assignment

    going = [track for track in tracks if seen and seen[0].frame - track[-1].frame <= _GAP]
    costs = np.array([[_cost(track[-1], one) for one in seen] for track in going]).reshape(len(going), len(seen))
    taken = set()
    for at, which in zip(*linear_sum_assignment(costs), strict=True):
        if costs[at, which] < _FAR:
            going[at].append(seen[which])
            taken.add(int(which))
    tracks.extend([one] for number, one in enumerate(seen) if number not in taken)


def _cost(last: Sighting, now: Sighting) -> float:
    away = float(np.hypot(now.x - last.x, now.y - last.y)) / _STRIDE_OF_MIND
    looks = sum(1 - _alike(getattr(last, part), getattr(now, part)) for part in ("kinds", "colours"))
    return away + looks + abs(float(np.log(now.extent / last.extent)))


def _alike(one: Floats, other: Floats) -> float:
    """Bhattacharyya's coefficient of two distributions given by their logarithms."""
    return float(np.exp((one + other) / 2).sum() / np.sqrt(np.exp(one).sum() * np.exp(other).sum()))


def _thing(track: list[Sighting], count: int) -> Thing:
    scores = np.array([one.score for one in track])
    x, y, extent = (np.array([getattr(one, name) for one in track]) for name in ("x", "y", "extent"))
    kinds, colours = (_pooled([getattr(one, part) for one in track], scores) for part in ("kinds", "colours"))
    return Thing(np.array([one.frame for one in track]), x, y, extent, scores, kinds, colours, count)


def _pooled(logarithms: list[Floats], scores: Floats) -> Floats:
    """One distribution of several: their geometric mean, weighted by how well each is seen."""
    mean = scores @ np.stack(logarithms) / scores.sum()
    odds = np.exp(mean - mean.max())
    return np.asarray(odds / odds.sum())
