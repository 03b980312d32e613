"""The camera's class from how far the picture's corners go: near and far layers part when it travels.

What tells the sixteen classes apart is what ``assets/world/camera.py`` defines: a zoom scales every layer alike and a
push the near ones more; a pan shifts every layer alike and a truck the near ones more; in an arc near and far ones go
opposite ways; a tracked subject stays in the middle while the scene passes.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.classifier import Classifier, fit
from assets.checkers.judgement import Judgement
from assets.checkers.tracking import Steps, steps
from assets.world.spec import CAMERAS, CameraClass

Floats = NDArray[np.float64]

WEIGHTS = Path(__file__).parent / "weights" / "camera.safetensors"
_SHARES = (0.04, 0.12, 0.25, 0.4, 0.5, 0.6, 0.75, 0.88, 0.96)
_BANDS = np.linspace(-0.5, 0.5, 9)
_FAR = 0.12  # short sides from the middle (or its axis) from which a scale can be read
_SUBJECT = (0.13, 0.36)  # half width and lower edge of where a tracked subject is
_FEWEST = 4  # steps of which a median is believed
_STILL = 0.06  # short sides in the whole clip: a point that stays
_MIRRORED: dict[str, str] = {"pan right": "pan left", "truck right": "truck left"}
_REVERSED: dict[str, str] = {
    "zoom in": "zoom out",
    "push in": "pull out",
    "tilt up": "tilt down",
    "pedestal up": "pedestal down",
    **_MIRRORED,
}


def camera(frames: NDArray[np.uint8]) -> Judgement[CameraClass]:
    """The class of the camera's motion in uint8 [F, H, W, 3]; one frame is taken with a camera at rest."""
    if len(frames) < 2:
        return Judgement("static", 1.0)
    chances = _loaded().probabilities(features(steps(frames))[None])[0]
    best = int(np.argmax(chances))
    return Judgement(CAMERAS[best], float(chances[best]))


def features(seen: Steps) -> Floats:
    """Numbers that tell the classes apart: shifts and scales as quantiles, by height and over time."""
    over_time = np.array([_moved(seen, seen.time == time) for time in np.unique(seen.time)]).reshape(-1, 4)
    if not len(over_time):
        over_time = np.zeros((1, 4))
    summary = [
        over_time.mean(0),
        over_time.std(0),
        np.abs(np.diff(over_time, axis=0, prepend=over_time[:1])).mean(0),
        over_time.sum(0) / (np.abs(over_time).sum(0) + 1e-3),
    ]
    right, down = seen.dx - over_time[:, 0].mean(), seen.dy - over_time[:, 1].mean()
    away = np.hypot(seen.x, seen.y)
    grows = (seen.dx * seen.x + seen.dy * seen.y) / np.maximum(away, _FAR) ** 2
    relative = (right * seen.x + down * seen.y) / np.maximum(away, _FAR) ** 2
    far = away > 2 * _FAR
    whole = np.full(len(away), True)
    spread = [_quantiles(seen.dx, whole), _quantiles(seen.dy, whole), _quantiles(grows, far), _quantiles(relative, far)]
    by_height = []
    for low, high in pairwise(_BANDS):
        band = (seen.y >= low) & (seen.y < high)
        by_height += [_median(seen.dx, band), _median(seen.dy, band), _median(grows, band & far), _share(band, whole)]
    subject = (np.abs(seen.x) < _SUBJECT[0]) & (seen.y < _SUBJECT[1]) & (seen.y > -_SUBJECT[1])
    stays = np.hypot(seen.dx, seen.dy) < _STILL
    middle = [
        *_quantiles(seen.dx, subject),
        *(_share(stays, mask) for mask in (whole, subject, ~subject, seen.y > _SUBJECT[1])),
        _sloped(grows, seen.y, far),
    ]
    return np.concatenate([*summary, *spread, by_height, middle])


def train(seen: Sequence[Steps], kinds: Sequence[str], seed: int) -> Classifier:
    """The classifier, from clips' steps and classes and from what they are mirrored and backwards."""
    every = [pair for one, kind in zip(seen, kinds, strict=True) for pair in _variants(one, kind)]
    table = np.stack([features(one) for one, _ in every])
    return fit(table, np.array([CAMERAS.index(kind) for _, kind in every]), len(CAMERAS), seed)


def _variants(seen: Steps, kind: str) -> list[tuple[Steps, CameraClass]]:
    """A clip's steps as they are, mirrored, backwards, and both."""
    sideways, around = _both_ways(_MIRRORED), _both_ways(_REVERSED)
    mirrored = replace(seen, x=-seen.x, dx=-seen.dx)
    found = []
    for one, its in ((seen, kind), (mirrored, sideways.get(kind, kind))):
        back = replace(one, time=1 - one.time, dx=-one.dx, dy=-one.dy)
        found += [(one, its), (back, around.get(its, its))]
    return [(one, next(camera for camera in CAMERAS if camera == its)) for one, its in found]


def _both_ways(pairs: dict[str, str]) -> dict[str, str]:
    return pairs | {other: one for one, other in pairs.items()}


def _moved(seen: Steps, at: NDArray[np.bool_]) -> Floats:
    """Of one step: median shifts, and the scales that fit the remaining shifts along either axis."""
    if at.sum() < _FEWEST:
        return np.zeros(4)
    x, y, dx, dy = (part[at] for part in (seen.x, seen.y, seen.dx, seen.dy))
    wide, tall = np.abs(x) > _FAR, np.abs(y) > _FAR
    across = (dx - np.median(dx))[wide] / x[wide]
    along = (dy - np.median(dy))[tall] / y[tall]
    return np.array([np.median(dx), np.median(dy), *(float(np.median(s)) if len(s) else 0.0 for s in (across, along))])


def _quantiles(values: Floats, mask: NDArray[np.bool_]) -> Floats:
    if mask.sum() < _FEWEST:
        return np.zeros(len(_SHARES))
    return np.asarray(np.quantile(values[mask], _SHARES))


def _median(values: Floats, mask: NDArray[np.bool_]) -> float:
    return float(np.median(values[mask])) if mask.sum() >= _FEWEST else 0.0


def _share(which: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return float(which[of].mean()) if of.any() else 0.0


def _sloped(values: Floats, along: Floats, mask: NDArray[np.bool_]) -> float:
    """Covariance of two things: whether what is lower in the picture grows faster."""
    if mask.sum() < _FEWEST:
        return 0.0
    held = np.clip(values[mask], -2, 2)
    return float(((held - held.mean()) * (along[mask] - along[mask].mean())).mean() / along[mask].var())


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)


def chances(frames: NDArray[np.uint8]) -> Floats:
    """The probability of each of ``CAMERAS`` for uint8 [F, H, W, 3], F at least 2."""
    return _loaded().probabilities(features(steps(frames))[None])[0]
