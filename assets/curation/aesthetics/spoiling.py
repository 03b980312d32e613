"""Spoiling: what makes any picture worse, in degrees. A picture spoiled more is worse than one spoiled less."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Way = Callable[[Picture, float, np.random.Generator], Picture]

DEGREES = (0.35, 0.65, 1.0)
_WORDS = ("SUBSCRIBE", "click here", "www.best-offers.com", "LIVE", "$9.99", "NEW!", "00:12:45", "Follow us")


def _blurred(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Out of focus, or shaken along a line."""
    import cv2

    reach = picture.shape[1] * (0.004 + 0.016 * degree)
    if rng.random() < 0.5:
        return _levels(cv2.GaussianBlur(picture, (0, 0), reach / 1.6))
    size = max(3, int(2 * reach) | 1)
    kernel = np.zeros((size, size), np.float32)
    turn = rng.uniform(0, np.pi)
    middle, way = size / 2, np.array([np.cos(turn), np.sin(turn)]) * size / 2
    ends = [tuple(int(value) for value in middle + sign * way) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return _levels(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def _grainy(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """The noise of a dark sensor, in brightness and in colour."""
    strength = 12 + 60 * degree
    shared = rng.normal(0, strength, (*picture.shape[:2], 1))
    return _levels(picture + shared + rng.normal(0, strength * 0.6, picture.shape))


def _dark(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Underexposed."""
    return _levels(255 * (picture / 255) ** (1 + 0.6 * degree) * (1 - rng.uniform(0.65, 0.8) * degree))


def _burnt(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Overexposed: the lights are lost."""
    return _levels(picture * (1 + rng.uniform(1.4, 2.2) * degree) + 50 * degree)


def _washed(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Flat and pale, as through fog."""
    pale = rng.uniform(110, 190)
    grey = picture.mean(axis=2, keepdims=True)
    faded = picture + (grey - picture) * 0.7 * degree
    return _levels(pale + (faded - pale) * (1 - 0.8 * degree))


def _gaudy(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Colours and contrast turned up until they clip."""
    grey = picture.mean(axis=2, keepdims=True)
    loud = grey + (picture - grey) * (1 + rng.uniform(2.0, 3.5) * degree)
    return _levels(128 + (loud - 128) * (1 + 0.5 * degree))


def _tinted(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """A cast of one colour over all."""
    turn = rng.uniform(0, 2 * np.pi)
    gain = 1 + 0.55 * degree * np.cos(turn + np.array([0, 2, 4]) * np.pi / 3)
    return _levels(picture * gain)


def _tilted(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Off the level by up to 28 degrees, cut so that no corner shows."""
    import cv2

    height, width = picture.shape[:2]
    turn = np.deg2rad(6 + 22 * degree) * rng.choice([-1, 1])
    ratio = max(width / height, height / width)
    zoom = float(np.cos(turn) + abs(np.sin(turn)) * ratio)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(np.rad2deg(turn)), zoom)
    return _levels(
        cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    )


def _cluttered(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Captions, boxes and badges over it."""
    import cv2

    found = picture.copy()
    height, width = found.shape[:2]
    for _ in range(max(1, round(9 * degree))):
        x, y = int(rng.uniform(0, 0.75) * width), int(rng.uniform(0.08, 0.95) * height)
        colour = tuple(int(level) for level in rng.choice([0, 40, 255], 3))
        if rng.random() < 0.4:
            size = int(rng.uniform(0.08, 0.3) * width), int(rng.uniform(0.05, 0.2) * height)
            cv2.rectangle(found, (x, y - size[1]), (x + size[0], y), colour, -1)
        word, scale = str(rng.choice(_WORDS)), rng.uniform(0.0016, 0.0035) * width
        cv2.putText(
            found, word, (x, y), cv2.FONT_HERSHEY_DUPLEX, scale, colour[::-1], max(1, round(2 * scale)), cv2.LINE_AA
        )
    return found


def _squeezed(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """Coded with far too few bits, at a small size."""
    import cv2

    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    quality = round(np.interp(degree, (0.3, 1), (16, 2)) + rng.uniform(0, 3))
    coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    shown = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return _levels(cv2.resize(shown, (width, height), interpolation=cv2.INTER_LINEAR))


def _cut_off(picture: Picture, degree: float, rng: np.random.Generator) -> Picture:
    """A corner or a rim of it, enlarged: what it was about is cut off."""
    import cv2

    height, width = picture.shape[:2]
    kept = 0.62 - 0.37 * degree
    left, top = rng.choice([0.0, 1 - kept, 0.5 * (1 - kept)]), rng.choice([0.0, 1 - kept])
    part = picture[int(top * height) : int((top + kept) * height), int(left * width) : int((left + kept) * width)]
    return _levels(cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC))


WAYS: dict[str, Way] = {
    "blurred": _blurred,
    "grainy": _grainy,
    "dark": _dark,
    "burnt": _burnt,
    "washed out": _washed,
    "gaudy": _gaudy,
    "tinted": _tinted,
    "tilted": _tilted,
    "cluttered": _cluttered,
    "squeezed": _squeezed,
    "cut off": _cut_off,
}


def spoiled(picture: Picture, way: str, degree: float, seed: int) -> Picture:
    """A picture uint8 [H, W, 3] RGB spoiled in one of ``WAYS``, 0 < degree <= 1; equal seeds spoil alike."""
    return WAYS[way](picture, degree, np.random.default_rng(seed))


def _levels(values: Any) -> Picture:
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)
