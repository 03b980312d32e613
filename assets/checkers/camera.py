"""The camera's class from how far the picture's corners go: near and far layers part when it travels.

What tells the sixteen classes apart is what ``assets/world/camera.py`` defines: a zoom scales every layer alike and a
push the near ones more; a pan shifts every layer alike and a truck the near ones more; in an arc near and far ones go
opposite ways; a tracked subject stays in the middle while the scene passes. Layers lie over each other from the sky
down to what stands in front, so what is counted is how many corners of each height go how far.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.classifier import Classifier, fit
from assets.checkers.judgement import Judgement
from assets.checkers.tracking import Steps, steps
from assets.world.spec import CAMERAS, CameraClass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WEIGHTS = Path(__file__).parent / "weights" / "camera.safetensors"
_BANDS, _COLUMNS = 10, 8  # of the picture's height and width
_FINEST, _WIDEST, _BINS = 0.04, 1.4, 21  # short sides: shifts are told apart from there to there
_FINEST_SCALE, _WIDEST_SCALE, _SCALE_BINS = 0.05, 1.2, 17
_FAR, _FARTHER = 0.12, 0.2  # short sides from the middle from which a scale can be read, and can be read well
_SUBJECT = (0.2, 0.37)  # half width and half height of where a tracked subject is
_STILL = (0.07, 0.15)  # short sides in the whole clip, across and along: a point that stays, even one that walks
_FEWEST = 4  # corners of which a median is believed
_DOUBT = 3.0  # corners added to what shares are of: few corners make no large shares
_HIDDEN, _BATCH, _ROUNDS = 128, 512, 16
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
    return Judgement("static", 1.0) if len(frames) < 2 else camera_of(steps(frames))


def camera_of(seen: Steps) -> Judgement[CameraClass]:
    """The class of the camera's motion, from steps that are known already (``tracking.steps_of``)."""
    likely = chances(seen)
    best = int(np.argmax(likely))
    return Judgement(CAMERAS[best], float(likely[best]))


def chances(seen: Steps) -> Floats:
    """The probability of each of ``CAMERAS``."""
    return _loaded().probabilities(features(seen)[None])[0]


def features(seen: Steps) -> Floats:
    """Numbers that tell the classes apart: how many corners of each height and column go how far, and over time."""
    x, y, dx, dy = seen.x, seen.y, seen.dx, seen.dy
    away = np.hypot(x, y)
    grows = (dx * x + dy * y) / np.maximum(away, _FAR) ** 2
    band = np.clip(((y + 0.5) * _BANDS).astype(int), 0, _BANDS - 1)
    column = np.clip(((x + 0.5) * _COLUMNS).astype(int), 0, _COLUMNS - 1)
    far, middle = away > _FARTHER, np.abs(y) < _SUBJECT[1]
    stays = middle & (np.hypot(dx, dy) < _STILL[0])
    shares = [
        _histograms(dx, band, _BANDS, _FINEST, _WIDEST, _BINS),
        _histograms(dy, band, _BANDS, _FINEST, _WIDEST, _BINS),
        _histograms(grows[far], band[far], _BANDS, _FINEST_SCALE, _WIDEST_SCALE, _SCALE_BINS),
        _histograms(dx[middle], column[middle], _COLUMNS, _FINEST, _WIDEST, _BINS),
        _counts(column[stays], _COLUMNS) / (_counts(column[middle], _COLUMNS) + _DOUBT),
        _counts(band, _BANDS) / max(len(x), 1),
    ]
    middles = [[_median(values[where]) for values in (dx, dy)] for where in (band == at for at in range(_BANDS))]
    scales = [_median(grows[far & (band == at)]) for at in range(_BANDS)]
    return np.concatenate([*shares, np.ravel(middles), scales, _over_time(seen)])


def train(seen: Sequence[Steps], kinds: Sequence[str], seed: int) -> Classifier:
    """The classifier, from clips' steps and classes and from what they are mirrored and backwards."""
    every = [pair for one, kind in zip(seen, kinds, strict=True) for pair in _variants(one, kind)]
    table = np.stack([features(one).astype(np.float32) for one, _ in every])
    classes = np.array([CAMERAS.index(kind) for _, kind in every])
    return fit(table, classes, len(CAMERAS), seed, hidden=_HIDDEN, batch=_BATCH, steps=_ROUNDS * len(table) // _BATCH)


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


def _over_time(seen: Steps) -> Floats:
    """Of the whole picture's shift and scale: mean, spread, unrest and net way; of a subject: how long it stays."""
    moved = np.array([_moved(seen, seen.time == time) for time in np.unique(seen.time)]).reshape(-1, 8)
    if not len(moved):
        moved = np.zeros((1, 8))
    whole, subject, beside, place, pace = moved[:, :4], moved[:, 4], moved[:, 5], moved[:, 6], moved[:, 7]
    return np.concatenate(
        [
            whole.mean(0),
            whole.std(0),
            np.abs(np.diff(whole, axis=0, prepend=whole[:1])).mean(0),
            whole.sum(0) / (np.abs(whole).sum(0) + 1e-3),
            [subject.mean(), beside.mean(), np.abs(place).mean(), place.std(), np.abs(pace).mean(), pace.std()],
        ]
    )


def _moved(seen: Steps, at: NDArray[np.bool_]) -> Floats:
    """Of one step: median shifts; the scales that fit the remaining shifts along either axis; of the subject's place.

    The last four say whether some corners stay there and whether some do elsewhere, where those are that stay, and how
    far the slower ones in the subject's place go.
    """
    if at.sum() < _FEWEST:
        return np.zeros(8)
    x, y, dx, dy = (part[at] for part in (seen.x, seen.y, seen.dx, seen.dy))
    wide, tall = np.abs(x) > _FAR, np.abs(y) > _FAR
    scale_x = _median(((dx - np.median(dx))[wide]) / x[wide], fewest=1)
    scale_y = _median(((dy - np.median(dy))[tall]) / y[tall], fewest=1)
    inside = (np.abs(x) < _SUBJECT[0]) & (np.abs(y) < _SUBJECT[1])
    stays = (np.abs(dx) < _STILL[0]) & (np.abs(dy) < _STILL[1])
    beside = ~inside & (y > -_SUBJECT[1])
    return np.array(
        [
            np.median(dx),
            np.median(dy),
            scale_x,
            scale_y,
            float((stays & inside).sum() >= 2),
            float((stays & beside).sum() >= 2),
            _median(x[stays & inside], fewest=1),
            _median(dx[inside & (np.abs(dx) < 2 * _STILL[0])], fewest=1),
        ]
    )


def _histograms(values: Floats, where: Integers, rows: int, finest: float, widest: float, bins: int) -> Floats:
    """Shares of the values of each row that lie at each of ``bins`` places, evenly apart in asinh; flat.

    A value between two places counts for both, the more for the nearer one.
    """
    reach = np.arcsinh(widest / finest)
    place = np.clip((np.arcsinh(values / finest) / reach + 1) / 2 * (bins - 1), 0, bins - 1 - 1e-6)
    low = place.astype(int)
    share = place - low
    flat = where * bins + low
    counted = np.bincount(flat, 1 - share, rows * bins) + np.bincount(flat + 1, share, rows * bins)
    return np.asarray(counted.reshape(rows, bins) / (_counts(where, rows)[:, None] + _DOUBT)).ravel()


def _counts(where: Integers, rows: int) -> Floats:
    return np.bincount(where, minlength=rows).astype(float)


def _median(values: Floats, fewest: int = _FEWEST) -> float:
    return float(np.median(values)) if len(values) >= fewest else 0.0


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)
