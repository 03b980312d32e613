"""The background: a backdrop by its name, or the upper and lower colour of a painted wall."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.classifier import Classifier, fit
from assets.checkers.detector import resized
from assets.checkers.judgement import Judgement
from assets.world.backdrops import THEMES
from assets.world.colours import COLOURS, RGB
from assets.world.spec import FLOOR

Floats = NDArray[np.float64]

WEIGHTS = Path(__file__).parent / "weights" / "background.safetensors"
PAINTED = "painted"
CLASSES: tuple[str, ...] = (*THEMES, PAINTED)
_GRID = 8
_CAP = 40.0  # of 255: an error larger than this says that something stands before the wall
_TEMPER = 6.0  # of 255: difference of two fits from which the better one is clearly right


@dataclass(frozen=True)
class Background:
    """What is behind: ``theme``, or else the colours at the wall's upper and lower end (equal on a plain one)."""

    theme: str | None
    upper: str | None = None
    lower: str | None = None


def background(frames: NDArray[np.uint8]) -> Judgement[Background]:
    """The background of uint8 [F, H, W, 3]."""
    small = _still(frames)
    chances = _loaded().probabilities(features(small)[None])[0]
    best = int(np.argmax(chances))
    if CLASSES[best] != PAINTED:
        return Judgement(Background(CLASSES[best]), float(chances[best]))
    upper, lower, sure = _wall(small)
    return Judgement(Background(None, upper, lower), float(chances[best]) * sure)


def features(picture: Floats) -> Floats:
    """Of a picture [128, W, 3]: the median colour of each of 8 x 8 pieces and how much each changes, [256]."""
    height, width = (side // _GRID * _GRID for side in picture.shape[:2])
    cut = picture[:height, :width] / 255
    pieces = cut.reshape(_GRID, height // _GRID, _GRID, width // _GRID, 3).transpose(0, 2, 1, 3, 4)
    pieces = pieces.reshape(_GRID, _GRID, -1, 3)
    rough = np.abs(pieces - np.median(pieces, axis=2, keepdims=True)).mean(axis=(2, 3))
    return np.concatenate([np.median(pieces, axis=2).ravel(), rough.ravel()])


def train(clips: Sequence[NDArray[np.uint8]], classes: Sequence[str], seed: int) -> Classifier:
    """The classifier of ``CLASSES``, from clips and from what they are mirrored."""
    pictures = [_still(frames) for frames in clips]
    table = np.stack([features(one) for picture in pictures for one in (picture, picture[:, ::-1])])
    return fit(table, np.repeat([CLASSES.index(name) for name in classes], 2), len(CLASSES), seed)


def _still(frames: NDArray[np.uint8]) -> Floats:
    """The clip's lasting picture: the median over time."""
    return np.asarray(np.median(resized(frames), axis=0), np.float64)


def _wall(picture: Floats) -> tuple[str, str, float]:
    """Upper and lower colour of the wall that fits best, and how sure that is.

    A wall goes evenly from one colour at the top to another at the bottom. Rows on the darker floor are left out; what
    stands before the wall makes errors that are all held at ``_CAP``.
    """
    heights = (np.arange(len(picture)) + 0.5) / len(picture)
    wall = heights - 0.5 < FLOOR
    seen, share = picture[wall], heights[wall, None, None]
    table = np.array([RGB[name] for name in COLOURS], float)
    errors = np.empty((len(COLOURS), len(COLOURS)))
    for upper in range(len(COLOURS)):
        for lower in range(len(COLOURS)):
            fitted = table[upper] * (1 - share) + table[lower] * share
            errors[upper, lower] = np.minimum(np.abs(seen - fitted).max(axis=-1), _CAP).mean()
    first, last = divmod(int(np.argmin(errors)), len(COLOURS))
    odds = np.exp(-(errors - errors.min()) / _TEMPER)
    return COLOURS[first], COLOURS[last], float(1 / odds.sum())


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)
