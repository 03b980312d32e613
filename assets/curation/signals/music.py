"""Music: tones that hold, in each second of sound."""

import numpy as np

from assets.curation.signals.series import Series

_WINDOW, _HOP = 1024, 256  # samples at 16 kHz: bins of 15.6 Hz, 16 ms
_RATE = 16000
_SPAN = 62  # hops, one second
_NEIGHBOURS = 21  # bins whose mean a tone must exceed
_OVER = 10.0  # decibels by which it must
_TOP = 5  # strongest tones that count


class Music:
    """Continuous frequency activation (Seyerlehner, Pohle, Schedl, Widmer 2007).

    In each second, for each frequency the share of time in which it stands out from those around it; a held tone
    gives a sharp peak over its neighbours. The sum of the five highest peaks is the musicality: voices glide and
    noise stands nowhere, so both stay low.
    """

    def __init__(self) -> None:
        self.series = Series()
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
            self.series.add(seconds - _SPAN / 2 * _HOP / _RATE, musicality(np.stack(self._active)))
            self._active = []

    def _stands_out(self, samples: np.ndarray) -> np.ndarray:
        level = 20 * np.log10(np.abs(np.fft.rfft(samples * self._taper)) + 1e-3)
        around = np.convolve(level, np.ones(_NEIGHBOURS) / _NEIGHBOURS, mode="same")
        return level > around + _OVER


def musicality(active: np.ndarray) -> float:
    """Sum of the highest peaks of activation: bool [T,F] -> 0..5."""
    share = active.mean(axis=0)
    # Height over the valleys three bins beside it: a peak as wide as a glide has none.
    padded = np.pad(share, 3, mode="edge")
    height = share - np.minimum(padded[: len(share)], padded[6:])
    height = np.where((share >= padded[2:-4]) & (share >= padded[4:-2]), height, 0.0)
    return float(np.sort(height)[-_TOP:].sum())
