"""The moving camera: sixteen classes, each a defined transform of layers that stand at known depths.

A layer at depth d (the objects are at 1, the sky at 50) shows its point q at

    screen = R(roll) * (focal * (d * q - t) / (d - forward) + turn)

with the camera's sideways place t = (t_x, t_y), its way forward, its focal factor, its rotation as a shift ``turn`` of
the whole picture, and its roll. At rest every layer shows q at q. With p the share (0 to 1) of ``seconds`` that has
passed and s the strength:

    class            what changes                              how one sees it
    zoom in          focal = 1.7^(s p)                         every layer grows alike
    zoom out         focal = 1.7^(s (1 - p))                   every layer shrinks alike
    push in          forward = 0.4 s p                         near layers grow more than far ones
    pull out         forward = 0.4 s (1 - p)                   near layers shrink more than far ones
    pan right/left   turn_x = -/+ 0.5 s (p - 1/2)              every layer shifts alike
    truck right/left t_x = +/- 0.7 s (p - 1/2)                 layers shift by 1/d
    tilt up/down     turn_y = +/- 0.36 s (p - 1/2)             every layer shifts alike
    pedestal up/down t_y = -/+ 0.5 s (p - 1/2)                 layers shift by 1/d
    arc              t_x = 0.7 s (p - 1/2), turn_x = t_x       the objects' layer stays, nearer and farther ones part
    tracking         t_x = the subject's x                     the subject stays, layers shift by 1/d
    static           nothing
    handheld         turn, roll, forward: sums of three sines  everything shakes, no net way

A rotation is taken for a shift: the foreshortening of a real one is of second order at these angles. After the clip's
``seconds`` a camera holds its last place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.world.physics import Simulation, simulate
from assets.world.spec import CameraClass, WorldSpec

Floats = NDArray[np.float64]
_Move = Callable[[float, Floats], dict[str, Floats]]  # of strength and share of the time

ZOOM = 1.7
PUSH = 0.4
PAN = 0.5
TRUCK = 0.7
TILT = 0.36
PEDESTAL = 0.5
_SHAKE = 0.02  # short sides
_ROLL = 0.016  # radians
_BREATH = 0.012  # forward
_HERTZ = (0.9, 2.3, 4.7)


@dataclass(frozen=True, eq=False)
class CameraPath:
    """Where the camera is at each of F times; arrays [F], in the names of the module's formula."""

    t_x: Floats
    t_y: Floats
    forward: Floats
    focal: Floats
    turn_x: Floats
    turn_y: Floats
    roll: Floats

    def scale(self, depth: float) -> Floats:
        """How many times its size at rest a layer has, [F]."""
        return self.focal * depth / (depth - self.forward)

    def shift(self, depth: float) -> tuple[Floats, Floats]:
        """Where the layer's point (0, 0) is before the roll, x and y [F], in short sides from the frame's centre."""
        near = self.focal / (depth - self.forward)
        return self.turn_x - near * self.t_x, self.turn_y - near * self.t_y


def path(spec: WorldSpec, seconds: Floats, simulation: Simulation | None = None) -> CameraPath:
    """The camera's path at the given times [F]; ``simulation`` saves a tracking camera its own."""
    times = np.asarray(seconds, float)
    kind, strength = spec.camera.kind, spec.camera.strength
    if kind == "tracking":
        done = simulation or simulate(spec, float(np.max(times, initial=0.0)))
        parts = {"t_x": done.at(times)[0][0]}
    elif kind == "handheld":
        parts = _shake(spec, times)
    else:
        parts = _MOVES[kind](strength, np.clip(times / spec.seconds, 0, 1))
    still = {name: np.zeros_like(times) for name in ("t_x", "t_y", "forward", "turn_x", "turn_y", "roll")}
    return CameraPath(**{"focal": np.ones_like(times), **still, **parts})


def _turning(turn_x: float = 0.0, turn_y: float = 0.0) -> _Move:
    return lambda s, p: {"turn_x": turn_x * s * (p - 0.5), "turn_y": turn_y * s * (p - 0.5)}


def _travelling(t_x: float = 0.0, t_y: float = 0.0) -> _Move:
    return lambda s, p: {"t_x": t_x * s * (p - 0.5), "t_y": t_y * s * (p - 0.5)}


_MOVES: dict[CameraClass, _Move] = {
    "zoom in": lambda s, p: {"focal": ZOOM ** (s * p)},
    "zoom out": lambda s, p: {"focal": ZOOM ** (s * (1 - p))},
    "push in": lambda s, p: {"forward": PUSH * s * p},
    "pull out": lambda s, p: {"forward": PUSH * s * (1 - p)},
    "pan right": _turning(-PAN),
    "pan left": _turning(PAN),
    "truck right": _travelling(TRUCK),
    "truck left": _travelling(-TRUCK),
    "tilt up": _turning(0.0, TILT),
    "tilt down": _turning(0.0, -TILT),
    "pedestal up": _travelling(0.0, -PEDESTAL),
    "pedestal down": _travelling(0.0, PEDESTAL),
    "arc": lambda s, p: {"t_x": TRUCK * s * (p - 0.5), "turn_x": TRUCK * s * (p - 0.5)},
    "static": lambda _s, _p: {},
}


def _shake(spec: WorldSpec, seconds: Floats) -> dict[str, Floats]:
    """Three sines each, of drawn phases: a hand that trembles and breathes, without drift."""
    rng = np.random.default_rng([spec.seed, 7])

    def wave(amplitude: float) -> Floats:
        phases = rng.uniform(0, 2 * math.pi, len(_HERTZ))
        weights = (1.0, 0.6, 0.35)
        terms = (w * np.sin(2 * math.pi * h * seconds + p) for w, h, p in zip(weights, _HERTZ, phases, strict=True))
        return np.asarray(amplitude * spec.camera.strength * sum(terms))

    return {"turn_x": wave(_SHAKE), "turn_y": wave(_SHAKE), "roll": wave(_ROLL), "forward": wave(_BREATH)}
