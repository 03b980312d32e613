"""The sound of a clip: the place's ambience, engines, and every event mixed in at its exact sample."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assets.world import synthesis
from assets.world.backdrops import THEMES
from assets.world.physics import STEPS, Happening, simulate
from assets.world.spec import WorldSpec
from assets.world.truth import Event
from models.recipes import SAMPLE_RATE

Samples = NDArray[np.float32]

_LEVELS = {"impact": 0.5, "jump": 0.3, "coin": 0.3, "explosion": 0.6, "engine": 0.07, "ambience": 0.012}
_USUAL = 0.3  # extent in short sides at which a thing has its material's own pitch


def mix(spec: WorldSpec, happenings: Sequence[Happening], seconds: float) -> Samples:
    """The clip's sound from time 0, float32 [round(48000 * seconds)] in [-1, 1]."""
    count = round(seconds * SAMPLE_RATE)
    out = _repeated(synthesis.ambience(place(spec)), _LEVELS["ambience"], spec.seed % 997, count)
    for happening in happenings:
        start = happening.step * (SAMPLE_RATE // STEPS)
        if start >= count:
            continue
        sound = _sound(spec, happening, count - start)
        room = min(len(sound), count - start)
        out[start : start + room] += np.float32(_LEVELS[happening.kind] * happening.force) * sound[:room]
    return np.clip(out, -1, 1, out=out)


def heard(spec: WorldSpec, seconds: float) -> Samples:
    """The sound of a clip of which nothing is to be seen, as ``mix`` gives it."""
    return mix(spec, simulate(spec, seconds).happenings, seconds)


def ambience_events(spec: WorldSpec, seconds: float) -> list[Event]:
    """The ambience as an event: it has no place in the picture."""
    return [Event(0.0, 0, "ambience", "off-screen", (), place(spec), seconds)]


def place(spec: WorldSpec) -> str:
    """The ambience of a scene."""
    theme = spec.background.theme
    return THEMES[theme].ambience if theme else "room"


def _sound(spec: WorldSpec, happening: Happening, room: int) -> Samples:
    struck = spec.objects[happening.objects[0]]
    semitones = round(6 * math.log2(_USUAL / struck.extent))
    match happening.kind:
        case "impact":
            return synthesis.struck(happening.material or struck.material, semitones)
        case "engine":
            stop = room if happening.until is None else (happening.until - happening.step) * (SAMPLE_RATE // STEPS)
            return _repeated(synthesis.engine(semitones), 1.0, 0, max(0, min(room, stop)))
        case _:
            return synthesis.effect(happening.kind, spec.seed + happening.objects[0])


def _repeated(loop: Samples, level: float, start: int, count: int) -> Samples:
    """``count`` samples of a loop from a share (thousandths) of its length on."""
    first = start * len(loop) // 1000
    whole = loop[first : first + count]
    if len(whole) < count:
        whole = np.resize(np.roll(loop, -first), count)
    return np.asarray(whole * np.float32(level), np.float32)
