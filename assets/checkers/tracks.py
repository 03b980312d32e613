"""Tracks: sightings of single frames joined over time, each track one thing or what was taken for one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assets.checkers.vocabulary import COLOURS, KINDS

Floats = NDArray[np.float64]

SAME = 0.3  # of the smaller extent: two sightings in one frame nearer than this are one
_ALIKE = 0.6  # ... of the larger, where they look alike
_STRIDE_OF_MIND = 0.34  # short sides that cost as much as a wholly different look
_FAR = 1.0  # cost from which two sightings are two things
_GAP = 6  # frames that a thing may be hidden before it is looked for anew
_AS_LARGE = 0.5  # logarithm of the ratio of extents up to which one thing may have both
_AGAIN = 0.5  # likeness of looks from which a thing that vanished and one that appeared are one
_FASTEST = 0.12  # short sides a frame that a thing goes while it is not seen
_TOGETHER = 2  # frames in which both may be seen, as two parts of it
_AT_ONCE = 3  # frames after which what has the same colour in the same place is the same
_SHARED = 0.6  # share of a thing's frames in which it stands in another one's place to be that one
_TWICE = 0.34  # share of a track's frames in which a better one is seen too, up to which it may be a piece of it
_TURNS = 2  # so often at least one of the two then goes on as the other, ...
_WITHIN = 0.35  # ... so near to where that was seen, of the larger extent, ...
_MOSTLY = 0.7  # ... in this share of the turns
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
        sure: Probability that it is a thing, and not a part of one.
    """

    frames: NDArray[np.int64]
    x: Floats
    y: Floats
    extent: Floats
    scores: Floats
    kinds: Floats
    colours: Floats
    of: int
    sure: float = 1.0

    @property
    def kind(self) -> str:
        """The likeliest kind."""
        return KINDS[int(np.argmax(self.kinds))]

    @property
    def colour(self) -> str:
        """The likeliest colour, ``own`` for a thing that is not dyed."""
        return COLOURS[int(np.argmax(self.colours))]


def joined(seen: Sequence[Sequence[Sighting]]) -> tuple[Thing, ...]:
    """The things of a clip from what each of its frames shows."""
    tracks: list[list[Sighting]] = []
    for one in seen:
        _join(tracks, one)
    fewest = max(min(2, len(seen)), round(_FEWEST * len(seen)))
    found = [_thing(track, len(seen)) for track in _woven(_mended(tracks)) if len(track) >= fewest]
    return tuple(sorted(_single(found), key=lambda thing: -float(thing.scores.sum())))


def distinct(seen: list[Sighting]) -> list[Sighting]:
    """Sightings without those that are another one's, the surest first."""
    kept: list[Sighting] = []
    for one in sorted(seen, key=lambda one: -one.score):
        if not any(_one_thing(one, other) for other in kept):
            kept.append(one)
    return kept


def _one_thing(one: Sighting, other: Sighting) -> bool:
    away = float(np.hypot(one.x - other.x, one.y - other.y))
    if away < SAME * min(one.extent, other.extent):
        return True
    return away < _ALIKE * max(one.extent, other.extent) and _likeness(one, other) > _AGAIN


def _join(tracks: list[list[Sighting]], seen: Sequence[Sighting]) -> None:
    """Give each sighting to the track that it goes on, or let it begin one."""
    from scipy.optimize import linear_sum_assignment

    going = [track for track in tracks if seen and seen[0].frame - track[-1].frame <= _GAP]
    costs = np.array([[_cost(track, one) for one in seen] for track in going]).reshape(len(going), len(seen))
    taken = set()
    for at, which in zip(*linear_sum_assignment(costs), strict=True):
        if costs[at, which] < _FAR:
            going[at].append(seen[which])
            taken.add(int(which))
    tracks.extend([one] for number, one in enumerate(seen) if number not in taken)


def _cost(track: list[Sighting], now: Sighting) -> float:
    """How unlike the track's next sighting this one is: in place, in looks and in extent."""
    last = track[-1]
    away = float(np.hypot(now.x - last.x, now.y - last.y))
    if len(track) > 1:
        ahead = (now.frame - last.frame) / (last.frame - track[-2].frame)
        x, y = last.x + ahead * (last.x - track[-2].x), last.y + ahead * (last.y - track[-2].y)
        away = min(away, float(np.hypot(now.x - x, now.y - y)))
    looks = sum(1 - alike(getattr(last, part), getattr(now, part)) for part in ("kinds", "colours"))
    return away / _STRIDE_OF_MIND + looks + abs(float(np.log(now.extent / last.extent)))


def _likeness(one: Sighting, other: Sighting) -> float:
    return alike(one.kinds, other.kinds) * alike(one.colours, other.colours)


def alike(one: Floats, other: Floats) -> float:
    """Bhattacharyya's coefficient of two distributions given by their logarithms."""
    return float(np.exp((one + other) / 2).sum() / np.sqrt(np.exp(one).sum() * np.exp(other).sum()))


def _mended(tracks: list[list[Sighting]]) -> list[list[Sighting]]:
    """Tracks, those joined of which one goes on as the other: it looks the same and appears when the other is gone."""
    whole: list[list[Sighting]] = []
    for track in sorted(tracks, key=lambda track: track[0].frame):
        for number, earlier in enumerate(whole):
            if earlier[-1].frame < track[0].frame + _TOGETHER and _goes_on(earlier, track):
                whole[number] = _merged(earlier, track)
                break
        else:
            whole.append(list(track))
    return whole


def _merged(one: list[Sighting], other: list[Sighting]) -> list[Sighting]:
    """Both tracks as one: of two sightings in one frame the better."""
    best: dict[int, Sighting] = {}
    for seen in (*one, *other):
        if seen.frame not in best or seen.score > best[seen.frame].score:
            best[seen.frame] = seen
    return [best[frame] for frame in sorted(best)]


def _goes_on(earlier: list[Sighting], later: list[Sighting]) -> bool:
    last, first = earlier[-1], later[0]
    away = float(np.hypot(first.x - last.x, first.y - last.y))
    gap, larger = max(1, first.frame - last.frame), max(first.extent, last.extent)
    if away >= _ALIKE * larger + _FASTEST * gap:
        return False
    one, other = _summed(earlier), _summed(later)
    in_place = gap <= _AT_ONCE and abs(float(np.log(first.extent / last.extent))) < _AS_LARGE
    return _likeness(one, other) > _AGAIN or (in_place and alike(one.colours, other.colours) > _AGAIN)


def _woven(tracks: list[list[Sighting]]) -> list[list[Sighting]]:
    """Tracks, those joined of which each fills the other's gaps: what spins looks like two things in turn."""
    whole: list[list[Sighting]] = []
    for track in sorted(tracks, key=lambda track: -sum(one.score for one in track)):
        for number, better in enumerate(whole):
            if _fills(better, track):
                whole[number] = _merged(better, track)
                break
        else:
            whole.append(list(track))
    return whole


def _fills(better: list[Sighting], other: list[Sighting]) -> bool:
    """Whether a track is seen where and when a better one would be, but is not."""
    times = {one.frame for one in better}
    if sum(one.frame in times for one in other) > _TWICE * len(other):
        return False
    both = sorted([*better, *other], key=lambda one: one.frame)
    mine = {id(one) for one in better}
    turns = [(one, then) for one, then in pairwise(both) if (id(one) in mine) != (id(then) in mine)]
    near = [_a_step(one, then) for one, then in turns]
    same_colour = alike(_summed(better).colours, _summed(other).colours) > _AGAIN
    return len(turns) >= _TURNS and same_colour and sum(near) >= _MOSTLY * len(near)


def _a_step(one: Sighting, then: Sighting) -> bool:
    """Whether a thing seen as one sighting may go on as the other."""
    larger, gap = max(one.extent, then.extent), then.frame - one.frame
    away = float(np.hypot(then.x - one.x, then.y - one.y))
    near = away < _WITHIN * larger + _FASTEST * gap
    return near and gap <= _GAP and abs(float(np.log2(then.extent / one.extent))) < 1


def _single(found: list[Thing]) -> list[Thing]:
    """Things without those that stand in the place of a better seen one for most of their time."""
    kept: list[Thing] = []
    for thing in sorted(found, key=lambda thing: -float(thing.scores.sum())):
        if not any(_in_place_of(thing, other) for other in kept):
            kept.append(thing)
    return kept


def _in_place_of(thing: Thing, other: Thing) -> bool:
    both, one, two = np.intersect1d(thing.frames, other.frames, return_indices=True)
    if len(both) < _SHARED * len(thing.frames):
        return False
    away = np.hypot(thing.x[one] - other.x[two], thing.y[one] - other.y[two])
    alike = thing.kind == other.kind and thing.colour == other.colour
    near = _ALIKE * np.maximum(thing.extent[one], other.extent[two]) if alike else SAME * thing.extent[one]
    return bool((away < near).mean() >= _SHARED)


def _thing(track: list[Sighting], count: int) -> Thing:
    scores, x, y, extent = (np.array([getattr(one, name) for one in track]) for name in ("score", "x", "y", "extent"))
    one = _summed(track)
    frames = np.array([one.frame for one in track])
    return Thing(frames, x, y, extent, scores, np.exp(one.kinds), np.exp(one.colours), count)


def _summed(track: list[Sighting]) -> Sighting:
    """All of a track as one sighting, where it is seen best: means of logarithms, weighted by how well each is seen."""
    scores = np.array([one.score for one in track])
    best = track[int(np.argmax(scores))]
    kinds, colours = (
        _normal(scores @ np.stack([getattr(one, part) for one in track]) / scores.sum())
        for part in ("kinds", "colours")
    )
    return replace(best, kinds=kinds, colours=colours)


def _normal(logarithms: Floats) -> Floats:
    """Logarithms of probabilities that sum to 1."""
    top = float(logarithms.max())
    return np.asarray(logarithms - top - np.log(np.exp(logarithms - top).sum()))
