"""The sound of a scene: a hum by background, a tone that follows the motion, and a struck note at every event."""

import math
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assets.corpus.motion import events
from assets.corpus.palette import COLOURS
from assets.corpus.scene import SHAPES, ClipSpec, Scene
from models.recipes import SAMPLE_RATE

Samples = NDArray[np.float32]

_HUM = {name: 82.4 * 2 ** (2 * index / 12) for index, name in enumerate(COLOURS)}  # whole tones up from E2
_NOTE = {name: 523.25 * 2 ** (3 * index / 12) for index, name in enumerate((*SHAPES, "person"))}  # minor thirds from C5
_GLIDE = {
    "left": (440.0, 220.0),
    "right": (220.0, 440.0),
    "up": (330.0, 880.0),
    "down": (880.0, 330.0),
    "grows": (165.0, 660.0),
}
_DECAY = {"impact": 0.12, "tick": 0.02}  # seconds to 1/e
_LEVEL = {"impact": 0.5, "tick": 0.35}


def sound(spec: ClipSpec, seconds: float) -> Samples:
    """The clip's sound, float32 [S] in -1..1 at 48 kHz; the same specification gives the same samples."""
    return sound_scene(spec.scene, seconds)


def sound_scene(scene: Scene, seconds: float) -> Samples:
    """A scene's sound from time 0, float32 [round(seconds * 48000)]."""
    count = round(seconds * SAMPLE_RATE)
    mix = _ambience(scene, count) + _glide(scene, count)
    for event in events(scene, seconds):
        start = round(event.seconds * SAMPLE_RATE)
        struck = _struck(_NOTE[scene.figure.shape], event.kind, count - start)
        mix[start : start + len(struck)] += struck
    return np.clip(mix, -1, 1).astype(np.float32)


def _ambience(scene: Scene, count: int) -> NDArray[np.float64]:
    seed = zlib.crc32(f"{scene.background} {scene.x} {scene.y}".encode())
    soft = np.random.default_rng(seed).standard_normal(count + 4, dtype=np.float32)
    for _ in range(4):  # a binomial low-pass: breath rather than hiss
        soft = (soft[1:] + soft[:-1]) * np.float32(0.5)
    return _hum(scene.background, count) + 0.015 * soft


@lru_cache(maxsize=32)
def _hum(background: str, count: int) -> NDArray[np.float64]:
    time = np.arange(count) / SAMPLE_RATE
    turn = 2 * math.pi * _HUM[background] * time
    hum = np.sin(turn) + 0.5 * np.sin(2 * turn) + 0.25 * np.sin(3 * turn)
    return 0.05 * hum * (0.8 + 0.2 * np.sin(math.pi * time))


def _glide(scene: Scene, count: int) -> NDArray[np.float64]:
    if scene.motion not in _GLIDE:
        return np.zeros(count)
    low, high = _GLIDE[scene.motion]
    progress = np.arange(count) / (SAMPLE_RATE * scene.seconds)
    frequency = low * (high / low) ** np.clip(progress, 0, 1)
    turn = 2 * math.pi * np.cumsum(frequency) / SAMPLE_RATE
    fade = np.clip((1 - progress) / 0.05, 0, 1) * np.clip(progress / 0.02, 0, 1)  # silent once the motion is over
    return 0.15 * fade * np.sin(turn)


def _struck(frequency: float, kind: str, room: int) -> NDArray[np.float64]:
    """A struck note, loudest at its first sample: the attack marks the event's time to the sample."""
    time = np.arange(min(room, round(8 * _DECAY[kind] * SAMPLE_RATE))) / SAMPLE_RATE
    turn = 2 * math.pi * frequency * time
    partials = np.cos(turn) + 0.4 * np.cos(2.76 * turn) + 0.2 * np.cos(5.4 * turn)  # a free bar's partials
    return _LEVEL[kind] / 1.6 * np.exp(-time / _DECAY[kind]) * partials
