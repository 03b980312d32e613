"""Loudness: sound brought to -14 LUFS (ITU-R BS.1770-4) with its true peak held below -1 dBTP."""

from dataclasses import dataclass

import numpy as np

TARGET_LUFS = -14.0
PEAK_DBTP = -1.0
_CODEC_HEADROOM_DB = 1.0  # AAC overshoots the peaks that it is given
_SILENCE_LUFS = -60.0  # quieter than this is noise, not sound to be raised
_BLOCK_SECONDS = 0.4  # the measurement needs one gating block
_OVERSAMPLING = 4
_LOOKAHEAD_SECONDS = 0.005
_CLOSE_ENOUGH = 0.1  # LU
_PASSES = 4  # limiting lowers the loudness a little, which the next pass makes up


@dataclass(frozen=True)
class Loudness:
    """Levels of a piece of sound; minus infinity for silence.

    Attributes:
        lufs: Integrated loudness.
        peak_dbtp: True peak.
    """

    lufs: float
    peak_dbtp: float


def measure(audio: np.ndarray, sample_rate: int) -> Loudness:
    """The levels of float [S, channels]; sound shorter than 0.4 s counts as silence for its loudness."""
    peak = float(_true_peak(audio).max(initial=0.0))
    return Loudness(_lufs(audio, sample_rate), 20 * float(np.log10(peak)) if peak > 0 else -np.inf)


def normalise(audio: np.ndarray, sample_rate: int) -> tuple[np.ndarray, Loudness]:
    """Sound [S, channels] at -14 LUFS and below -1 dBTP after AAC, with its levels.

    Silence stays silence. What is so uneven that both cannot hold keeps the peak and ends below -14 LUFS.
    """
    lufs = _lufs(audio, sample_rate)
    result = audio.astype(np.float32)
    ceiling = 10 ** ((PEAK_DBTP - _CODEC_HEADROOM_DB) / 20)
    if lufs < _SILENCE_LUFS:
        result = _limit(result, sample_rate, ceiling)
        return result, measure(result, sample_rate)
    for _ in range(_PASSES):
        result = _limit(result * np.float32(10 ** ((TARGET_LUFS - lufs) / 20)), sample_rate, ceiling)
        lufs = _lufs(result, sample_rate)
        if abs(lufs - TARGET_LUFS) < _CLOSE_ENOUGH:
            break
    return result, measure(result, sample_rate)


def stereo(mono: np.ndarray) -> np.ndarray:
    """Mono [S] on both channels: [S, 2]."""
    return np.repeat(mono[:, None], 2, axis=1)


def fade_out(audio: np.ndarray, samples: int) -> np.ndarray:
    """Sound [S, channels] whose last ``samples`` fall to silence along a raised cosine."""
    samples = min(samples, len(audio))
    faded: np.ndarray = audio.copy()
    faded[len(audio) - samples :] *= (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, samples)))[:, None].astype(audio.dtype)
    return faded


def _lufs(audio: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness; minus infinity for silence."""
    import pyloudnorm

    if len(audio) < _BLOCK_SECONDS * sample_rate or not np.any(audio):
        return -np.inf
    # Its gating takes the logarithm of silent blocks: minus infinity is the right answer there.
    with np.errstate(divide="ignore"):
        return float(pyloudnorm.Meter(sample_rate).integrated_loudness(audio.astype(np.float64)))


def _true_peak(audio: np.ndarray) -> np.ndarray:
    """The largest magnitude [S] over channels and the oversampled points that follow each sample."""
    from scipy.signal import resample_poly

    if not len(audio):
        return np.zeros(0)
    # Channels first, and strides instead of a last axis of four: numpy reduces short last axes slowly.
    fine = np.abs(resample_poly(np.ascontiguousarray(audio.T), _OVERSAMPLING, 1, axis=1)).max(axis=0)
    peaks: np.ndarray = np.max([fine[offset::_OVERSAMPLING] for offset in range(_OVERSAMPLING)], axis=0)
    return peaks


def _limit(audio: np.ndarray, sample_rate: int, ceiling: float) -> np.ndarray:
    """Look-ahead limiter: the gain is at its lowest over a window around each peak, smoothed over the same window.

    The smoothing averages values that are all at most the gain that the peak needs, so the ceiling holds.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    peaks = _true_peak(audio)
    if peaks.max(initial=0.0) <= ceiling:
        return audio
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-12))
    window = int(_LOOKAHEAD_SECONDS * sample_rate) | 1
    gain = uniform_filter1d(minimum_filter1d(needed, 2 * window + 1, mode="nearest"), window, mode="nearest")
    limited: np.ndarray = (audio * gain[:, None]).astype(np.float32)
    return limited
