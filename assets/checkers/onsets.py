"""Onsets: when something begins to sound, from samples alone, by the rise of the spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recipes import SAMPLE_RATE

Floats = NDArray[np.float64]

TOLERANCE = 0.05  # seconds within which an onset is found
_HOP, _WINDOW = 240, 1024  # samples: 5 ms, 21 ms
_BANDS = 40
_LOWEST, _HIGHEST = 60.0, 16_000.0  # hertz
_FLOOR = 1e-3  # amplitude added before the logarithm: what is softer is not heard
_REST = 8  # hops to either side in which an onset is the strongest
_BEFORE = 2  # hops between which the spectrum is compared
_RISE = 0.6  # mean rise over the bands, in nepers, from which something begins


@dataclass(frozen=True)
class Onset:
    """Something begins to sound.

    Attributes:
        seconds: When.
        strength: Mean rise of the spectrum in nepers.
    """

    seconds: float
    strength: float


def onsets(samples: NDArray[np.float32], threshold: float = _RISE) -> tuple[Onset, ...]:
    """The onsets in float32 [S] at 48 kHz, in order. What sounds from the beginning has none."""
    if len(samples) < _WINDOW:
        return ()
    rise = _rise(samples)
    found: list[int] = []
    for at in np.flatnonzero(rise >= threshold):
        low, high = max(0, at - _REST), at + _REST + 1
        if rise[at] == rise[low:high].max() and (not found or at - found[-1] > _REST):
            found.append(int(at))
    return tuple(Onset(_refined(samples, at), float(rise[at])) for at in found)


def matched(found: Sequence[float], true: Sequence[float], tolerance: float = TOLERANCE) -> tuple[int, int, int]:
    """How many onsets are right, wrong and missed: each truth takes the earliest one within the tolerance."""
    left, right = sorted(found), 0
    for time in sorted(true):
        near = next((one for one in left if abs(one - time) <= tolerance), None)
        if near is not None:
            left.remove(near)
            right += 1
    return right, len(left), len(true) - right


def _rise(samples: NDArray[np.float32]) -> Floats:
    """Mean over bands of how much louder each is than shortly before, [T] by hops; hop t ends the window at t."""
    padded = np.concatenate([np.zeros(_WINDOW, np.float32), samples])
    count = 1 + len(samples) // _HOP
    starts = np.arange(count)[:, None] * _HOP + np.arange(_WINDOW)[None]
    starts = np.minimum(starts, len(padded) - 1)
    window = np.hanning(2 * _WINDOW)[:_WINDOW]  # rises: what is newest weighs most
    window[-_HOP // 2 :] *= np.linspace(1, 0, _HOP // 2)
    spectrum = np.abs(np.fft.rfft(padded[starts] * window, axis=1)) / window.sum()
    hertz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    edges = np.geomspace(_LOWEST, _HIGHEST, _BANDS + 1)
    place = np.searchsorted(edges, hertz) - 1
    bands = np.stack(
        [np.sqrt((spectrum[:, place == band] ** 2).sum(1)) for band in range(_BANDS) if (place == band).any()], 1
    )
    level = np.log(bands + _FLOOR)
    first = _WINDOW // _HOP + 1  # hop by which the window is full: what sounds from the beginning is no onset
    level[:first] = level[min(first, len(level) - 1)]
    before = np.max([np.concatenate([level[:1].repeat(b, axis=0), level[:-b]]) for b in (_BEFORE, _BEFORE + 1)], axis=0)
    return np.asarray(np.maximum(level - before, 0).mean(axis=1))


def _refined(samples: NDArray[np.float32], hop: int) -> float:
    """Seconds of the steepest rise of the envelope in the hops that the window has just taken in."""
    stop = min(len(samples), hop * _HOP)
    start = max(0, stop - 5 * _HOP)
    envelope = np.abs(samples[start:stop].astype(float))
    if len(envelope) < 2 * 48:
        return start / SAMPLE_RATE
    smooth = np.convolve(envelope, np.ones(48) / 48, "valid")
    return (start + int(np.argmax(np.diff(smooth))) + 24) / SAMPLE_RATE
