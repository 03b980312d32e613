"""Events: what is heard - blows by material, leaps, coins, blasts, engines, the noise of places - in each second."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.curation.signals.series import Series
from assets.world.synthesis import AMBIENCES, MATERIALS

Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights" / "events.safetensors"
CLASSES: tuple[str, ...] = (
    *(f"{material} impact" for material in MATERIALS),
    *("jump", "coin", "explosion", "engine"),
    *AMBIENCES,
)
THRESHOLDS = Path(__file__).parent / "weights" / "events.json"  # probability from which each class is heard
RATE = 16000
_WINDOW, _HOP = 512, 256  # samples: 32 and 16 ms
SPAN = 62  # hops, one second
_EVERY = 31  # hops between two looks
BANDS = 48
_LOWEST, _HIGHEST = 50.0, 7800.0  # hertz
_DEEP = 60.0  # decibels below the loudest of a window that are heard
_FAINT = -65.0  # decibels of full scale below which a window is silent: nothing is heard in it


@dataclass(frozen=True, eq=False)
class Network:
    """Three convolutions over time and pitch, the mean and the maximum over all, and one linear layer; in NumPy.

    Attributes:
        kernels: [out, in, 3, 3] each, steps of two both ways. biases: [out] each.
        weights, offsets: Of the linear layer, [2 * out, classes] and [classes].
    """

    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    weights: Floats
    offsets: Floats

    def probabilities(self, looks: Floats) -> Floats:
        """Of each class by itself, [N, classes], for looks [N, SPAN, BANDS]."""
        maps = looks[:, None].astype(np.float32)
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            padded = np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1)))
            cut = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
            summed = np.tensordot(cut, kernel, axes=((1, 4, 5), (1, 2, 3)))  # [N, T, B, out]
            maps = np.maximum(summed + bias, 0).transpose(0, 3, 1, 2)
        pooled = np.concatenate([maps.mean(axis=(2, 3)), maps.max(axis=(2, 3))], axis=1)
        return np.asarray(1 / (1 + np.exp(-(pooled @ self.weights + self.offsets))), np.float32)

    @classmethod
    def load(cls, path: Path) -> "Network":
        """Read what the training wrote. Raises FileNotFoundError where nobody did."""
        from safetensors.numpy import load_file

        named = {name: part.astype(np.float32) for name, part in load_file(path).items()}
        layers = range(sum(name.startswith("kernel") for name in named))
        return cls(
            tuple(named[f"kernel.{layer}"] for layer in layers),
            tuple(named[f"bias.{layer}"] for layer in layers),
            named["weights"],
            named["offsets"],
        )


class Events:
    """A stream of blocks at 16 kHz: every half second, the classes heard in the second before."""

    def __init__(self) -> None:
        self.series = Series(len(CLASSES))
        self._network = network()
        self._samples = np.zeros(0, dtype=np.float32)
        self._levels: list[Floats] = []

    def hear(self, block: NDArray[np.float32], seconds: float) -> None:
        """Take the next block, float32 in -1..1, that starts at ``seconds``."""
        self._samples = np.concatenate([self._samples, block])
        while len(self._samples) >= _WINDOW:
            self._levels.append(spectrum(self._samples[:_WINDOW])[0])
            self._samples = self._samples[_HOP:]
            if len(self._levels) == SPAN:
                heard = np.zeros(len(CLASSES))
                levels = np.stack(self._levels)
                if levels.max() > _FAINT:
                    heard = self._network.probabilities(look(levels)[None])[0]
                self.series.add(seconds - SPAN / 2 * _HOP / RATE, *map(float, heard))
                self._levels = self._levels[_EVERY:]


def shares(heard: Floats) -> dict[str, float]:
    """The classes that are heard in any of N windows [N, classes], with the share of the windows, loudest share first.

    Equal shares stand in the order of ``CLASSES``.
    """
    share = (heard >= thresholds()).mean(axis=0)
    order = np.argsort(-share, kind="stable")
    return {CLASSES[at]: round(float(share[at]), 4) for at in order if share[at] > 0}


def spectrum(samples: NDArray[np.float32]) -> Floats:
    """Power of each band in each hop, decibels of full scale, [T, BANDS]."""
    starts = np.arange(0, len(samples) - _WINDOW + 1, _HOP)
    cut = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[starts]
    power = np.abs(np.fft.rfft(cut * _taper(), axis=1)) ** 2 / (_WINDOW / 4) ** 2
    return np.asarray(10 * np.log10(power @ _filters() + 1e-10), np.float32)


def look(levels: Floats) -> Floats:
    """What the network sees of [SPAN, BANDS] decibels: -1 to 1, the loudest 1, whatever the volume."""
    return np.asarray(np.clip(levels - levels.max(), -_DEEP, 0) * (2 / _DEEP) + 1, np.float32)


@cache
def _taper() -> NDArray[np.float64]:
    return np.hanning(_WINDOW)


@cache
def _filters() -> NDArray[np.float64]:
    """Triangles evenly spaced in mel (O'Shaughnessy 1987), [bins, BANDS]."""
    edges = 700 * (10 ** (np.linspace(_mel(_LOWEST), _mel(_HIGHEST), BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(_WINDOW, 1 / RATE)[:, None]
    rise = (hertz - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], RATE / _WINDOW)
    fall = (edges[2:] - hertz) / np.maximum(edges[2:] - edges[1:-1], RATE / _WINDOW)
    return np.asarray(np.clip(np.minimum(rise, fall), 0, None))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


@cache
def thresholds() -> Floats:
    """Of each of ``CLASSES`` (``python -m assets.curation.signals.events_thresholds`` chooses them).

    Raises:
        FileNotFoundError: Nobody chose them.
        KeyError: They were chosen for other classes.
    """
    chosen = json.loads(THRESHOLDS.read_text(encoding="utf-8"))
    return np.array([chosen[name] for name in CLASSES], np.float32)


@cache
def network() -> Network:
    """The committed weights (``python -m assets.curation.signals.events_training`` makes them)."""
    return Network.load(WEIGHTS)
