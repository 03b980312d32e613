"""Things: what a clip shows - places that the detector gives, looked at one by one, joined over time and believed."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets.checkers.belief import believed
from assets.checkers.detector import STRIDE, Maps, look_at, resized
from assets.checkers.looks import cutting, look
from assets.checkers.patches import SHORT
from assets.checkers.tracks import SAME, Sighting, Thing, distinct, joined

_THERE = 0.2  # probability from which a cell is believed
_SEEN = 0.15  # that of a cell and of its cutting together from which something is seen
_BELIEVED = 0.5  # probability from which a track is a thing


def things(frames: NDArray[np.uint8]) -> tuple[Thing, ...]:
    """The things in uint8 [F, H, W, 3], those first that are seen best."""
    return of_sightings(sightings(frames))


def of_sightings(seen: list[list[Sighting]]) -> tuple[Thing, ...]:
    """The things of a clip from what each of its frames shows."""
    found = joined(seen)
    sure = believed(found)
    return tuple(replace(one, sure=odds) for one, odds in zip(found, sure, strict=True) if odds >= _BELIEVED)


def sightings(frames: NDArray[np.uint8]) -> list[list[Sighting]]:
    """What each frame shows, the surest first: the places that the detector gives, looked at one by one."""
    small = resized(frames)
    maps = look_at(small)
    spots = [(frame, *spot) for frame in range(len(small)) for spot in spots_of(maps, frame)]
    seen = look([cutting(small[frame], x, y, extent) for frame, x, y, extent, _ in spots])
    height, width = small.shape[1:3]
    found: list[list[Sighting]] = [[] for _ in small]
    for number, (frame, x, y, extent, there) in enumerate(spots):
        score = there * float(seen.thing[number])
        if score >= _SEEN:
            right, down, larger = seen.place[number] * (extent, extent, 1)
            where = ((x + right - width / 2) / SHORT, (y + down - height / 2) / SHORT, extent * 2**larger / SHORT)
            found[frame].append(Sighting(frame, *where, score, seen.kinds[number], seen.colours[number]))
    return [distinct(one) for one in found]


def spots_of(maps: Maps, frame: int) -> list[tuple[float, float, float, float]]:
    """Where something is - x, y and extent in pixels, probability: cells that point to one centre together."""
    there = maps.there[frame]
    rows, columns = np.nonzero(there >= _THERE)
    order = np.argsort(-there[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    place = maps.place[frame, rows, columns].astype(float)
    x = (columns + 0.5 + place[:, 0]) * STRIDE
    y = (rows + 0.5 + place[:, 1]) * STRIDE
    extent = 2 ** np.clip(place[:, 2], -2, 3) * 32
    scores = there[rows, columns].astype(float)
    free = np.full(len(rows), True)
    found = []
    for first in range(len(rows)):
        if free[first]:
            near = free & (np.hypot(x - x[first], y - y[first]) < SAME * np.minimum(extent, extent[first]))
            near[first] = True
            free &= ~near
            weight = scores[near] / scores[near].sum()
            middle = (float(weight @ x[near]), float(weight @ y[near]), float(weight @ extent[near]))
            found.append((*middle, float(scores[first])))
    return found
