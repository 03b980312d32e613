"""Sounds of the world: struck materials, engines and ambiences by synthesis, effects from the wheel's recordings.

Each begins at full strength with its first sample, so that where it is mixed in is exactly when it is heard.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assets.world.drawings import SpritesMissing, images
from models.recipes import SAMPLE_RATE

Samples = NDArray[np.float32]

EFFECTS = {
    "jump": ("jump1", "jump2", "jump3", "jump4", "jump5"),
    "coin": ("coin1", "coin2", "coin3", "coin4", "coin5"),
    "explosion": ("explosion1", "explosion2"),
}
LOOP_SECONDS = 6.0
_ONSET = 0.02  # of the peak: where a recording begins


@dataclass(frozen=True)
class _Struck:
    """How a material rings: partials in hertz with their weights, seconds to 1/e, and the share of noise."""

    partials: tuple[tuple[float, float], ...]
    decay: float
    noise: float


_MATERIALS = {
    "wood": _Struck(((230, 1.0), (610, 0.6), (1180, 0.3)), 0.05, 0.25),
    "metal": _Struck(((540, 1.0), (1380, 0.8), (2510, 0.5), (3950, 0.3)), 0.22, 0.08),
    "stone": _Struck(((150, 1.0), (330, 0.5), (820, 0.3)), 0.035, 0.7),
    "soft": _Struck(((85, 1.0), (140, 0.5)), 0.06, 0.15),
    "glass": _Struck(((1850, 1.0), (3400, 0.6), (5200, 0.4)), 0.16, 0.05),
    "rubber": _Struck(((170, 1.0), (255, 0.6)), 0.09, 0.05),
    "paper": _Struck(((900, 0.2),), 0.018, 1.0),
    "plant": _Struck(((300, 0.3),), 0.04, 0.9),
}
MATERIALS = tuple(_MATERIALS)
# Of each ambience: lower and upper edge of its noise in hertz, how deep and how often it swells, tones.
_AMBIENCES: dict[str, tuple[float, float, float, int, tuple[float, ...]]] = {
    "room": (60, 900, 0.0, 1, ()),
    "birds": (2200, 6000, 0.5, 4, (3100.0,)),
    "wind": (120, 700, 0.6, 2, ()),
    "traffic": (40, 260, 0.3, 3, (62.0,)),
    "waves": (200, 2600, 0.8, 1, ()),
    "drone": (50, 200, 0.2, 1, (55.0, 82.5, 110.5)),
    "fire": (300, 1900, 0.4, 5, ()),
}


AMBIENCES = tuple(_AMBIENCES)


@lru_cache(maxsize=256)
def struck(material: str, semitones: int) -> Samples:
    """A blow on a material, peak 1 at its first sample; ``semitones`` raise its pitch."""
    kind = _MATERIALS[material]
    time = np.arange(round(min(1.2, 7 * kind.decay) * SAMPLE_RATE)) / SAMPLE_RATE
    ratio = 2 ** (semitones / 12)
    tones = np.zeros_like(time)
    for hertz, weight in kind.partials:
        tones += (
            weight * np.cos(2 * math.pi * hertz * ratio * time) * np.exp(-time / (kind.decay * (230 / hertz) ** 0.2))
        )
    rng = np.random.default_rng([MATERIALS.index(material), semitones + 64])
    noise = kind.noise * rng.standard_normal(len(time)) * np.exp(-time / (0.4 * kind.decay))
    sound = tones + noise
    sound[0] = max(abs(sound[0]), np.abs(sound).max())
    fade = np.clip((time[-1] - time) / 0.01, 0, 1)
    return np.asarray(sound * fade / sound[0], np.float32)


@lru_cache(maxsize=64)
def effect(kind: str, choice: int) -> Samples:
    """A recording of the wheel at 48 kHz, mono, peak 1, cut so that it begins at once.

    Raises:
        SpritesMissing: The wheel's file is not there.
    """
    import wave

    from scipy.signal import resample_poly

    names = EFFECTS[kind]
    path = images().parent / "sounds" / f"{names[choice % len(names)]}.wav"
    if not path.is_file():
        raise SpritesMissing(f"{path} is missing: install arcade again")
    with wave.open(str(path), "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    mono = raw.reshape(-1, channels).mean(axis=1)
    common = math.gcd(rate, SAMPLE_RATE)
    sound = resample_poly(mono, SAMPLE_RATE // common, rate // common)
    sound = sound / np.abs(sound).max()
    return np.asarray(sound[np.flatnonzero(np.abs(sound) > _ONSET)[0] :], np.float32)


@lru_cache(maxsize=16)
def engine(semitones: int) -> Samples:
    """A motor, to be repeated: harmonics of a low tone that throbs, peak 1. Lasts ``LOOP_SECONDS``."""
    base = round(64 * 2 ** (semitones / 12) * LOOP_SECONDS) / LOOP_SECONDS  # whole turns: the loop has no seam
    time = np.arange(round(LOOP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    sound = sum(np.cos(2 * math.pi * base * n * time) / n for n in range(1, 9)) * (
        1 + 0.3 * np.cos(24 * math.pi * time)
    )
    return np.asarray(sound / np.abs(sound).max(), np.float32)


@lru_cache(maxsize=16)
def ambience(name: str, variant: int = 0) -> Samples:
    """The noise of a place, to be repeated: shaped in the frequency domain, so the loop has no seam. Variance 1.

    The world's places sound as variant 0; others are other noise of the same kind, to learn from.
    """
    low, high, depth, swells, tones = _AMBIENCES[name]
    count = round(LOOP_SECONDS * SAMPLE_RATE)
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    edge = np.exp(-0.5 * (np.log(np.maximum(hertz, 1) / math.sqrt(low * high)) / (0.5 * math.log(high / low))) ** 2)
    number = AMBIENCES.index(name)
    rng = np.random.default_rng([number, variant] if variant else number)
    spectrum = edge / np.sqrt(np.maximum(hertz, 20)) * np.exp(2j * math.pi * rng.uniform(size=len(hertz)))
    sound = np.fft.irfft(spectrum, count)
    sound /= sound.std()
    time = np.arange(count) / SAMPLE_RATE
    for tone in tones:
        sound += 0.6 * np.sin(2 * math.pi * round(tone * LOOP_SECONDS) / LOOP_SECONDS * time)
    sound *= 1 - depth * (0.5 + 0.5 * np.cos(2 * math.pi * swells * time / LOOP_SECONDS))
    return np.asarray(sound / sound.std(), np.float32)
