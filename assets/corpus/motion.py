"""Motion in closed form: where a figure is at any time, and what is heard then."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.corpus.scene import Event, Scene
from models.recipes import SAMPLE_RATE

Floats = NDArray[np.float64]

_FAR, _TRAVEL = 0.92, 0.84  # a moving figure crosses this share of its room
_JUMP = 0.85  # height of a bounce, as a share of the room
_START_SCALE = 0.5  # a growing figure begins at this share of its radius


@dataclass(frozen=True)
class Poses:
    """Place (0 to 1 of the room), share of the full radius and angle (radians) at each of N times; arrays [N]."""

    x: Floats
    y: Floats
    scale: Floats
    angle: Floats


def poses(scene: Scene, seconds: Floats) -> Poses:
    """The figure's poses at the given times. A motion that is over holds its last pose; bounces go on."""
    progress = np.clip(seconds / scene.seconds, 0, 1)
    x = np.full_like(progress, scene.x)
    y = np.full_like(progress, scene.y)
    scale = np.ones_like(progress)
    angle = np.full_like(progress, scene.figure.tilt)
    match scene.motion:
        case "left":
            x = _FAR - _TRAVEL * progress
        case "right":
            x = 1 - _FAR + _TRAVEL * progress
        case "up":
            y = _FAR - _TRAVEL * progress
        case "down":
            y = 1 - _FAR + _TRAVEL * progress
        case "bounces":
            phase = (seconds * scene.turns / scene.seconds + 0.5) % 1  # at the top when the clip begins
            y = 1 - _JUMP * 4 * phase * (1 - phase)
        case "grows":
            scale = _START_SCALE + (1 - _START_SCALE) * progress
        case "spins":
            angle = scene.figure.tilt + 2 * math.pi * scene.turns * progress
    return Poses(x, y, scale, angle)


def events(scene: Scene, seconds: float) -> tuple[Event, ...]:
    """The floor contacts (``impact``) and half turns (``tick``) before ``seconds``, on the sample grid."""
    match scene.motion:
        case "bounces":
            period = scene.seconds / scene.turns
            times = np.arange(0.5 * period, seconds, period)
            kind = "impact"
        case "spins":
            period = scene.seconds / (2 * scene.turns)
            times = np.arange(1, 2 * scene.turns) * period
            kind = "tick"
        case _:
            return ()
    on_grid = [round(time * SAMPLE_RATE) for time in times]
    return tuple(Event(sample / SAMPLE_RATE, kind) for sample in on_grid if sample < round(seconds * SAMPLE_RATE))
