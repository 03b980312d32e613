"""Music: tones that hold, in each second of sound."""

import numpy as np

from assets.curation.signals.series import Series

_WINDOW, _HOP = 1024, 256  # samples at 16 kHz: bins of 15.6 Hz, 16 ms
_RATE = 16000
_SPAN = 62  # hops, one second
_NEIGHBOURS = 21  # bins whose mean a tone must exceed
_OVER = 10.0  # decibels by which it must
_TOP = 5  # strongest tones that count
_SAME = 0.85  # overlap of two seconds' tones from which they are one hum


class Music:
    """Continuous frequency activation (Seyerlehner, Pohle, Schedl, Widmer 2007).

    In each second, for each frequency the share of time in which it stands out from those around it; a held tone
    gives a sharp peak over its neighbours. The sum of the five highest peaks is the musicality: voices glide and
    noise stands nowhere, so both stay low. What holds all its tones from one second to the next is a hum, and 0.
    """

    def __init__(self) -> None:
        self._found = Series()
        self._waiting: tuple[float, np.ndarray, bool] | None = None  # when a second was, its peaks, whether it hums
        self._samples = np.zeros(0, dtype=np.float32)
        self._taper = np.hanning(_WINDOW).astype(np.float32)
        self._active: list[np.ndarray] = []

    def hear(self, block: np.ndarray, seconds: float) -> None:
        """Take the next block, float32, that starts at ``seconds``."""
        self._samples = np.concatenate([self._samples, block])
        while len(self._samples) >= _WINDOW:
            self._active.append(self._stands_out(self._samples[:_WINDOW]))
            self._samples = self._samples[_HOP:]
        if len(self._active) >= _SPAN:
            self._take(seconds - _SPAN / 2 * _HOP / _RATE, peaks(np.stack(self._active)))
            self._active = []

    def series(self) -> Series:
        """The musicality of each second."""
        self._settle(hums=False)
        return self._found

    def _take(self, seconds: float, found: np.ndarray) -> None:
        hums = self._waiting is not None and _overlap(self._waiting[1], found) >= _SAME
        self._settle(hums=hums)
        self._waiting = seconds, found, hums

    def _settle(self, *, hums: bool) -> None:
        """Write down the second that waits, now that it is known whether the next one sounds the same."""
        if self._waiting is not None:
            seconds, found, hummed = self._waiting
            self._found.add(seconds, 0.0 if hums or hummed else float(np.sort(found)[-_TOP:].sum()))
            self._waiting = None

    def _stands_out(self, samples: np.ndarray) -> np.ndarray:
        level = 20 * np.log10(np.abs(np.fft.rfft(samples * self._taper)) + 1e-3)
        around = np.convolve(level, np.ones(_NEIGHBOURS) / _NEIGHBOURS, mode="same")
        return level > around + _OVER


def peaks(active: np.ndarray) -> np.ndarray:
    """Height of each peak of activation over its surroundings: bool [T,F] -> 0..1 [F], 0 where there is none."""
    share = active.mean(axis=0)
    # Height over the valleys three bins beside it: a peak as wide as a glide has none.
    padded = np.pad(share, 3, mode="edge")
    height = share - np.minimum(padded[: len(share)], padded[6:])
    return np.where((share >= padded[2:-4]) & (share >= padded[4:-2]), np.maximum(height, 0.0), 0.0)


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """How much of two sets of peaks is the same, 0 to 1."""
    return float(np.minimum(one, other).sum() / max(np.maximum(one, other).sum(), 1e-9))
