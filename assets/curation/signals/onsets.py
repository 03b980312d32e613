"""Onsets: the moments at which something begins to sound."""

from collections import deque

import numpy as np

from assets.curation.signals.series import Series

_HOP, _WINDOW = 128, 512  # samples: 8 and 32 ms
_RATE = 16000
_AROUND = 6  # hops on each side in which an onset is the strongest
_MEAN = 40  # hops before that make its background
_RISE = 2.5  # decibels over the background, mean over the spectrum
_APART = 0.05  # seconds between two onsets
_FLOOR = 1e-4  # of a band's amplitude: below, change is inaudible
_BANDS = 24


class Onsets:
    """Spectral flux: the mean rise, in decibels, of 24 bands within 24 ms; its peaks that stand out are onsets."""

    def __init__(self) -> None:
        self._samples = np.zeros(_WINDOW, dtype=np.float32)
        self._taper = np.hanning(_WINDOW).astype(np.float32)
        edges = np.unique(np.round(np.geomspace(2, _WINDOW // 2, _BANDS + 1)).astype(int))
        self._edges = edges[:-1]
        self._bands: deque[np.ndarray] = deque(maxlen=3)
        self._flux: deque[tuple[float, float]] = deque(maxlen=_MEAN + 2 * _AROUND + 1)
        self._found = Series(1)
        self._last = -1.0

    def hear(self, block: np.ndarray, seconds: float) -> None:
        """Take the next block, float32 [N] with N a multiple of 128, that starts at ``seconds``."""
        for begin in range(0, len(block), _HOP):
            self._samples = np.concatenate([self._samples[_HOP:], block[begin : begin + _HOP]])
            spectrum = np.abs(np.fft.rfft(self._samples * self._taper))[: _WINDOW // 2] / (_WINDOW / 4)
            bands = 20 * np.log10(np.maximum(np.maximum.reduceat(spectrum, self._edges), _FLOOR))
            # The newest samples lie at the taper's foot: half a window passes until they count.
            at = seconds + (begin + _HOP - _WINDOW / 2) / _RATE
            rise = np.maximum(bands - self._bands[0], 0).mean() if len(self._bands) == self._bands.maxlen else 0.0
            self._bands.append(bands)
            self._flux.append((at, float(rise)))
            self._pick(len(self._flux) - 1 - _AROUND)

    def series(self) -> Series:
        """Seconds of the onsets."""
        for index in range(max(0, len(self._flux) - _AROUND), len(self._flux)):
            self._pick(index)
        return self._found

    def _pick(self, index: int) -> None:
        if index < 0:
            return
        at, rise = self._flux[index]
        if rise < _RISE:
            return
        flux = [value for _, value in self._flux]
        background = float(np.median(flux[max(0, index - _MEAN) : index])) if index else 0.0
        strongest = rise >= max(flux[max(0, index - _AROUND) : index + _AROUND + 1])
        if strongest and rise > background + _RISE and at - self._last >= _APART:
            self._last = at
            self._found.add(at, at)
