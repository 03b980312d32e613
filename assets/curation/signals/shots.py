"""Shots: cuts, fades and dissolves, told from flashes and from motion, less than two seconds behind the decoder."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.passage import Passage

_GRID = (32, 18)  # cells of the picture that are compared: small motion within a cell does not count
_RATE = 31.0  # frames a second that are compared, at most
_AROUND = 10  # frames on each side of a cut within which a picture that comes back makes it a flash
_NEAR = 5  # frames on each side that a cut must stand out from
_CUT = 0.03  # least difference of a cut, 0..1
_PEAK = 2.5  # times the median change around it
_SAME = 0.5  # of the step: the picture has come back
_GRADUAL = 0.04  # least difference between the ends of a dissolve
_LENGTHS = (4, 6, 8, 11, 15, 20, 27, 36)  # frames of a dissolve that are tried
_BEND = 0.25  # most deviation of its mixture from a straight line
_REST = 0.5  # most of the difference that the mixture leaves unexplained
_RISE = 1.4  # times the change just before and after it
_SETTLE = 4  # frames on each side of a dissolve whose change it is compared with
_FLAT = 0.012  # deviation of brightness of an empty picture
_RAMP = 3  # frames that a fade takes at least
_LONG_FLAT = 1.0  # seconds from which an empty picture is a shot of its own


@dataclass(frozen=True)
class Boundary:
    """Where a shot gives way to the next.

    Attributes:
        kind: ``cut``, ``dissolve`` or ``fade``.
        seconds: Where the next shot starts: of a gradual one, its middle.
        first, last: The extent of the transition in seconds.
    """

    kind: str
    seconds: float
    first: float
    last: float


@dataclass(frozen=True)
class _Mixture:
    """A stretch that looks like a dissolve; the smaller its error, the more."""

    first: float
    middle: float
    last: float
    error: float


class ShotDetector:
    """Boundaries between shots, from each frame shrunk to 32x18 cells of brightness and colour.

    A cut is a step that stands out from the change around it, unless a picture from before comes back shortly after
    (a flash). A dissolve is a stretch whose pictures are mixtures of its two ends, in parts that grow evenly, and in
    which more changes than around it. A fade ends in an empty picture; its boundary is the middle of that. Neither a
    cut nor a dissolve is where the picture's corners go through: at low rates a fast camera changes the picture from
    frame to frame as much as a cut, and as evenly as a dissolve.
    """

    def __init__(self) -> None:
        kept = max(_LENGTHS[-1] + 2 * _SETTLE + 1, 2 * _AROUND + 1)
        self._cells: deque[np.ndarray] = deque(maxlen=kept)
        self._steps: deque[float] = deque(maxlen=kept)
        self._times: deque[float] = deque(maxlen=kept)
        self._cuts: list[tuple[float, float]] = []  # seconds of the frames before and after
        self._mixtures: list[_Mixture] = []
        self._flats: list[tuple[float, float]] = []
        self._was_flat = False

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        import cv2

        if self._times and frame.seconds - self._times[-1] < 1 / _RATE - 1e-3:
            return
        planes = (frame.gray, *frame.planes[1:])
        self.push(np.stack([cv2.resize(plane, _GRID, interpolation=cv2.INTER_AREA) for plane in planes]), frame.seconds)

    def push(self, cells: np.ndarray, seconds: float) -> None:
        """Take the next frame as cells uint8 [3,18,32]: brightness and two colour differences."""
        values = cells.astype(np.float32).reshape(3, -1) / 255
        self._steps.append(_difference(self._cells[-1], values) if self._cells else 0.0)
        self._cells.append(values)
        self._times.append(seconds)
        flat = float(values[0].std()) < _FLAT
        if flat:
            since = self._flats.pop()[0] if self._was_flat else seconds
            self._flats.append((since, seconds))
        self._was_flat = flat
        self._look_for_cut(len(self._cells) - 1 - _AROUND)
        self._look_for_mixture(len(self._cells) - 1 - _SETTLE)

    def boundaries(self, passage: Passage) -> list[Boundary]:
        """Those of the film, in order, after its last frame; ``passage`` is of the same film."""
        for index in range(max(0, len(self._cells) - _AROUND), len(self._cells)):
            self._look_for_cut(index)
        for index in range(max(0, len(self._cells) - _SETTLE), len(self._cells)):
            self._look_for_mixture(index)
        cuts = [after for before, after in self._cuts if not passage.through(before, after)]
        mixtures = [mixture for mixture in self._mixtures if not passage.through(mixture.first, mixture.last)]
        return _merge(cuts, _best(mixtures), self._flats)

    def _look_for_cut(self, index: int) -> None:
        if index < 1 or self._steps[index] < _CUT:
            return
        steps = list(self._steps)
        step = steps[index]
        around = steps[max(1, index - _NEAR) : index] + steps[index + 1 : index + 1 + _NEAR]
        if around and step < _PEAK * float(np.median(around)):
            return
        cells = list(self._cells)
        before, after = np.stack(cells[max(0, index - _AROUND) : index]), np.stack(cells[index : index + _AROUND])
        nearest = min(float(np.abs(before - one).mean(axis=(1, 2)).min()) for one in after)
        if nearest > _SAME * step:
            self._cuts.append((self._times[index - 1], self._times[index]))

    def _look_for_mixture(self, index: int) -> None:
        for length in _LENGTHS:
            first = index - length
            if first < 0:
                return
            change = _difference(self._cells[first], self._cells[index])
            if change < _GRADUAL:
                continue
            before, after = max(0, first - _SETTLE), min(len(self._cells) - 1, index + _SETTLE)
            background = max(
                _difference(self._cells[before], self._cells[first]) / max(first - before, 1),
                _difference(self._cells[index], self._cells[after]) / max(after - index, 1),
            )
            if change / length < _RISE * background:
                continue
            found = self._mixture(first, index)
            if found is not None:
                self._mixtures.append(found)

    def _mixture(self, first: int, last: int) -> _Mixture | None:
        """The stretch as a mixture of its ends: frame = (1-a) first + a last, with ``a`` by least squares."""
        frames = np.stack(list(self._cells)[first : last + 1]).reshape(last - first + 1, -1)
        whole = frames[-1] - frames[0]
        energy = float(whole @ whole)
        parts = (frames - frames[0]) @ whole / energy
        bend = float(np.abs(parts - np.linspace(0, 1, len(parts))).max())
        left = frames - frames[0] - parts[:, None] * whole
        rest = float(np.sqrt((left**2).sum(axis=1).max() / energy))
        if bend > _BEND or rest > _REST:
            return None
        times = list(self._times)
        middle = times[first + int(np.argmax(parts >= 0.5))]
        return _Mixture(times[first], middle, times[last], bend / _BEND + rest / _REST)


def _difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).mean())


def _best(mixtures: list[_Mixture]) -> list[_Mixture]:
    """Of overlapping stretches the one that is most like a dissolve."""
    taken: list[_Mixture] = []
    for mixture in sorted(mixtures, key=lambda item: item.error):
        if all(mixture.first >= other.last or mixture.last <= other.first for other in taken):
            taken.append(mixture)
    return sorted(taken, key=lambda item: item.first)


def _merge(cuts: list[float], mixtures: list[_Mixture], flats: list[tuple[float, float]]) -> list[Boundary]:
    """Boundaries from their evidence: what leads into and out of an empty picture is one fade."""
    found: list[Boundary] = []
    used: set[int] = set()
    for start, end in flats:
        touching = [
            index for index, mixture in enumerate(mixtures) if mixture.first < end + 0.2 and mixture.last > start - 0.2
        ]
        if not touching:
            continue
        used.update(touching)
        first = min([start, *(mixtures[index].first for index in touching)])
        last = max([end, *(mixtures[index].last for index in touching)])
        if end - start >= _LONG_FLAT:
            found += [Boundary("fade", start, first, start), Boundary("fade", end, end, last)]
        else:
            found.append(Boundary("fade", (start + end) / 2, first, last))
    found += [
        Boundary("dissolve", item.middle, item.first, item.last)
        for index, item in enumerate(mixtures)
        if index not in used
    ]
    for cut in cuts:
        if not any(boundary.first < cut < boundary.last for boundary in found):
            found.append(Boundary("cut", cut, cut, cut))
    return sorted(found, key=lambda boundary: boundary.seconds)
