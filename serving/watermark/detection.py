"""Blind detection: average the frames' residuals, find scale and shift by the sync pattern, read the payload twice."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.watermark.embedding import LUMA
from serving.watermark.tile import BITS, RINGS, SIZE, Patterns, analyse, correlate, shifted, sync_surface

P_VALUE = 1e-6  # a mark is called one at or below it
CANDIDATES = 8  # positions at which the payload is read
_STEP = 1.01
_SCALES = tuple(_STEP**power for power in range(-70, 71))  # 0.5 to 2
_SEARCH_SIDE = 2 * SIZE  # the centre that the coarse search looks at: small, so that coarse steps suffice
_SMOOTH = 3.5  # pixels

Plane = NDArray[np.floating]


@dataclass(frozen=True)
class Detection:
    """What a detector read.

    Attributes:
        payload: The 64 bits, or None where ``p_value`` does not reach 1e-6. Near that limit a bit or two may be wrong:
            look records up by the nearest payload.
        p_value: Probability that a clip without this key's mark would match as well.
        matches: Bits, of 64, whose two independent copies agree at the best position.
    """

    payload: int | None
    p_value: float
    matches: int


def binomial_tail(matches: int) -> float:
    """Probability of at least ``matches`` heads in 64 fair throws."""
    return sum(math.comb(BITS, count) for count in range(matches, BITS + 1)) / 2**BITS


def residual(frames: Iterable[NDArray[np.uint8]]) -> Plane:
    """Mean over time of the frames' luma detail, each pixel scaled by its neighbourhood: [H, W].

    Frames of another size than the first are left out; no frame at all gives one zero.
    """
    import cv2

    total, count = np.zeros((1, 1), np.float32), 0
    for frame in frames:
        if count == 0:
            total = np.zeros(frame.shape[:2], np.float32)
        elif frame.shape[:2] != total.shape:
            continue
        luma = frame.astype(np.float32) @ LUMA
        detail = luma - cv2.GaussianBlur(luma, (0, 0), _SMOOTH)
        scale = np.sqrt(np.maximum(cv2.blur(detail * detail, (9, 9)), 0)) + 0.5
        total += np.clip(detail / scale, -2, 2)
        count += 1
    return total / np.float32(max(count, 1))


def detect(frames: Iterable[NDArray[np.uint8]], own: Patterns) -> Detection:
    """The mark in ``frames``, uint8 [H, W, 3] each.

    Candidate positions are chosen by the sync pattern alone, whose correlation says nothing of the payload patterns'
    signs. At each the two copies of every bit agree with probability 1/2 where there is no mark (``tile.patterns``),
    so the smallest binomial tail times the number of candidates is a valid p-value.
    """
    mean = residual(frames)
    best = Detection(None, 1.0, 0)
    for scale in _candidates(mean, own):
        spectrum = _spectrum(mean, scale)
        row, column, _ = _peak(spectrum, own)
        aligned = shifted(spectrum, row, column)
        aligned = aligned * _trust(aligned, own)
        first, second = correlate(own.first, aligned), correlate(own.second, aligned)
        matches = int(np.sum(first * second > 0))
        p_value = min(1.0, binomial_tail(matches) * CANDIDATES)
        if matches > best.matches:
            bits = first + second > 0
            payload = sum(1 << index for index in range(BITS) if bits[index])
            best = Detection(payload if p_value <= P_VALUE else None, p_value, matches)
        if best.payload is not None:
            break
    return best


def _candidates(mean: Plane, own: Patterns) -> list[float]:
    """Scales worth reading at, best first: 1, then what the coarse search finds, refined on the whole frame."""
    side = _SEARCH_SIDE
    scored = sorted(((_peak(_spectrum(mean, s, side), own)[2], s) for s in _SCALES), reverse=True)
    refined = []
    for _, scale in scored[: CANDIDATES - 1]:
        near = [scale * (1 + offset) for offset in np.linspace(-0.0075, 0.0075, 7)]
        refined.append(max((_peak(_spectrum(mean, s), own)[2], s) for s in near))
    return [1.0, *(scale for _, scale in sorted(refined, reverse=True))]


def _spectrum(mean: Plane, scale: float, side: int | None = None) -> NDArray[np.complex128]:
    """Phases [D/2] of the residual, magnified by 1/scale and folded into one tile."""
    import cv2

    if side is not None:
        reach = math.ceil(side * scale)
        top, left = max(mean.shape[0] - reach, 0) // 2, max(mean.shape[1] - reach, 0) // 2
        mean = mean[top : top + reach, left : left + reach]
    if scale != 1.0:
        height, width = (max(1, round(length / scale)) for length in mean.shape)
        mean = np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    height, width = mean.shape
    rows, columns = -(-height // SIZE), -(-width // SIZE)
    padded = np.zeros((rows * SIZE, columns * SIZE))
    padded[:height, :width] = mean
    spectrum = analyse(padded.reshape(rows, SIZE, columns, SIZE).sum(axis=(0, 2)))
    magnitude = np.abs(spectrum)
    return np.divide(spectrum, magnitude, out=np.zeros_like(spectrum), where=magnitude > 1e-9)


def _trust(aligned: NDArray[np.complex128], own: Patterns) -> NDArray[np.float64]:
    """Weight of each frequency [D/2]: how well its ring of like frequencies agrees with the sync pattern.

    Codecs drop some rings and pictures drown others; the payload patterns have no part in the choice.
    """
    half = len(aligned)
    agreement = aligned.real * own.sync[:half] + aligned.imag * own.sync[half:]
    energy = own.sync[:half] ** 2 + own.sync[half:] ** 2
    counts = np.maximum(np.bincount(RINGS, minlength=RINGS.max() + 1), 1)
    gain = np.bincount(RINGS, agreement) / counts / np.sqrt(energy.mean())
    return np.maximum(gain, 0.02)[RINGS]


def _peak(spectrum: NDArray[np.complex128], own: Patterns) -> tuple[float, float, float]:
    """Shift (down, right; half pixels) at which the sync pattern fits best, and how well."""
    surface = sync_surface(own.sync, spectrum)
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    return row / 2, column / 2, float(surface[row, column])
