"""Belief: which of the tracks that were joined are things, and which only parts of one, pieces of one or scenery."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.classifier import Classifier, fit
from assets.checkers.tracks import Thing, alike
from assets.world.truth import Track, Truth

Floats = NDArray[np.float64]

WEIGHTS = Path(__file__).parent / "weights" / "belief.safetensors"
_INSIDE = 0.6  # of the larger extent: how near the middles are of a part and of what it belongs to
_UPON = 0.35  # of its extent: how near its middle is what stands in its very place
_NEAR = 0.35  # of a true extent: how near a thing is that shows it, ...
_MOSTLY = 0.6  # ... in this share of its frames
_FEATURES = 21
_MEMBERS = 7


def believed(found: Sequence[Thing]) -> list[float]:
    """The probability that each of a clip's tracks is a thing, given all the others."""
    if not found:
        return []
    rows = np.stack([features(one, found) for one in found])
    return [float(odds) for odds in _loaded().probabilities(rows)[:, 1]]


def features(one: Thing, found: Iterable[Thing]) -> Floats:
    """How well a track is seen and known, and how it lies to better seen ones, of which it may be a part."""
    kinds, colours = np.sort(one.kinds), np.sort(one.colours)
    own = [
        one.scores.mean(),
        one.scores.max(),
        one.scores.sum() / one.of,
        len(one.frames) / one.of,
        np.diff(one.frames).max() / one.of if len(one.frames) > 1 else 0.0,
        kinds[-1],
        kinds[-1] - kinds[-2],
        colours[-1],
        one.extent.mean(),
        np.log(one.extent).std(),
    ]
    better = [other for other in found if other is not one and other.scores.sum() > one.scores.sum()]
    own += [len(better), *_beside(one, better)]
    hosts = [_to_host(one, other) for other in better]
    best = max(hosts, key=lambda host: host[0], default=(0.0,) * (_FEATURES - len(own)))
    return np.array([*own, *best])


def _beside(one: Thing, better: Sequence[Thing]) -> tuple[float, float, float]:
    """Shares of its time with a better seen one: the most with any; within reach, and upon, one or another of them."""
    reach, upon = np.full((2, len(one.frames)), fill_value=False)
    shared = 0.0
    for other in better:
        both, mine, its = np.intersect1d(one.frames, other.frames, return_indices=True)
        away = np.hypot(one.x[mine] - other.x[its], one.y[mine] - other.y[its])
        reach[mine] |= away < _INSIDE * np.maximum(one.extent[mine], other.extent[its])
        upon[mine] |= away < _UPON * other.extent[its]
        shared = max(shared, len(both) / len(one.frames))
    return shared, float(reach.mean()), float(upon.mean())


def _to_host(one: Thing, other: Thing) -> tuple[float, ...]:
    """Share of its time inside the other; then distance and its spread, measure and seeing by the other's; likeness."""
    both, mine, its = np.intersect1d(one.frames, other.frames, return_indices=True)
    looks = (alike(np.log(one.kinds), np.log(other.kinds)), alike(np.log(one.colours), np.log(other.colours)))
    if not len(both):
        return (0.0, 0.0, 0.0, 0.0, 0.0, *looks)
    larger = np.maximum(one.extent[mine], other.extent[its])
    right, down = (one.x[mine] - other.x[its]) / larger, (one.y[mine] - other.y[its]) / larger
    away = np.hypot(right, down)
    return (
        float(np.count_nonzero(away < _INSIDE)) / len(one.frames),
        float(min(away.mean(), 2.0)),
        float(min(np.hypot(right.std(), down.std()), 1.0)),
        float(np.log(one.extent[mine] / other.extent[its]).mean()),
        float(other.scores.mean() - one.scores.mean()),
        *looks,
    )


def train(clips: Iterable[tuple[Sequence[Thing], Truth]], seed: int) -> Classifier:
    """A classifier trained on what was found in clips whose truth is known; equal arguments give equal weights."""
    rows, classes = [], []
    for found, truth in clips:
        true = shown(found, truth)
        rows += [features(one, found) for one in found]
        classes += [int(number in true) for number in range(len(found))]
    return _together([fit(np.stack(rows), np.array(classes), 2, seed + member) for member in range(_MEMBERS)])


def _together(members: Sequence[Classifier]) -> Classifier:
    """One classifier that gives the mean of the logits of several: one alone depends on its first weights."""
    one = members[0]
    return Classifier(
        one.middle,
        one.spread,
        (
            np.concatenate([member.weights[0] for member in members], axis=1),
            np.asarray(np.concatenate([member.weights[1] for member in members]) / len(members), np.float32),
        ),
        (
            np.concatenate([member.biases[0] for member in members]),
            np.asarray(np.mean([member.biases[1] for member in members], axis=0), np.float32),
        ),
    )


def shown(found: Sequence[Thing], truth: Truth) -> set[int]:
    """Numbers of the tracks that are things: of those that follow a true one, the one that is seen best."""
    height, width = truth.instances.shape[1:]
    best: set[int] = set()
    for track in truth.tracks:
        near = [number for number, one in enumerate(found) if _follows(one, track, height, width)]
        best |= set(sorted(near, key=lambda number: -float(found[number].scores.sum()))[:1])
    return best


def _follows(one: Thing, track: Track, height: int, width: int) -> bool:
    short = min(height, width)
    x, y = (track.x[one.frames] - width / 2) / short, (track.y[one.frames] - height / 2) / short
    extent = track.extent[one.frames] / short
    ratio = np.abs(np.log2(one.extent / extent))
    return bool(((np.hypot(one.x - x, one.y - y) < _NEAR * extent) & (ratio < 1)).mean() >= _MOSTLY)


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)
