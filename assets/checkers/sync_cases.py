"""Cases for the judge of sync: scenes in which something is seen and heard to hit, and the same with wrong sound.

The judge is evaluated by ``sync_answers`` and ``contact_counts`` on cases of seeds that nothing was tuned on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.checkers.contacts import contacts
from assets.checkers.onsets import TOLERANCE, matched, onsets
from assets.checkers.patches import SHORT
from assets.checkers.sync import DOUBTFUL, judged
from assets.world import sound
from assets.world.draw import WorldOptions, draw
from assets.world.physics import STEPS, Happening, simulate
from assets.world.render import render
from assets.world.spec import Split, WorldSpec

Samples = NDArray[np.float32]

SCENES = WorldOptions(
    seconds=(2.0, 3.0),
    objects=(1, 3),
    cameras=("static",),
    motions=("still", "fall", "bounce", "jump", "throw left", "throw right", "explode"),
    styles=0.0,
)
_LEAPERS = ("bomb", "robot", "zombie", "alien", "frog", "slime", "cube monster", "explorer")
_BURSTS = replace(SCENES, motions=("still", "jump", "explode"), kinds=_LEAPERS)
_RATES = (16, 24)
SHIFTS = (0.25, 0.6)  # seconds, to either side
_NEAR = 0.1  # seconds within which wrong sound must not happen to be right
_EDGE = 2  # frames at either end of a clip in which a contact cannot be judged
_LONGER = 1.0  # seconds of action before and after the clip that are heard when the sound is shifted
_HEARD = {"impact", "jump", "coin", "explosion"}


@dataclass(frozen=True, eq=False)
class Case:
    """A clip with right and wrong sound.

    Attributes:
        seed: Of the scene.
        frames, fps: The pictures.
        samples: The sound that belongs to them, 48 kHz.
        shifted: The same sound, early or late by ``shift`` seconds (late is positive).
        exchanged: Another clip's sound.
        visible: Seconds of the events that are seen and heard.
        hidden: Seconds of those that are heard only.
    """

    seed: int
    frames: NDArray[np.uint8]
    fps: int
    samples: Samples
    shifted: Samples
    shift: float
    exchanged: Samples
    visible: tuple[float, ...]
    hidden: tuple[float, ...]


def cases(count: int, split: Split, first_seed: int = 0) -> Iterator[Case]:
    """``count`` cases, from the seeds from ``first_seed`` on whose scenes show a contact that sounds.

    A shift or another clip's sound by which, by chance, a third of the visible contacts or more would be in sync, is
    not taken: such sound is right.
    """
    made, seed = 0, first_seed
    while made < count:
        case = _case(seed, split)
        seed += 1
        if case is not None:
            made += 1
            yield case


def sync_answers(
    case: Case, pictures: NDArray[np.uint8], through: Callable[[Samples], Samples] = lambda samples: samples
) -> list[tuple[bool, bool]]:
    """What is said and what is true of a case's right, shifted and exchanged sound.

    Args:
        case: Whose sounds are judged.
        pictures: Its frames, perhaps through a codec; or those of another case, and then the answers are a control
            that only chance can get right.
        through: What the sound has been through.
    """
    seen = contacts(pictures, case.fps, DOUBTFUL)
    sounds = ((case.samples, True), (case.shifted, False), (case.exchanged, False))
    return [(judged(seen, onsets(through(samples))).value, true) for samples, true in sounds]


def contact_counts(case: Case, pictures: NDArray[np.uint8]) -> tuple[int, int, int]:
    """How many contacts are right, wrong and missed within 50 ms; what is hidden counts neither way."""
    found = [one.seconds for one in contacts(pictures, case.fps)]
    true: list[float] = []
    for time in sorted(case.visible):
        if not true or time - true[-1] > TOLERANCE:  # of several that sound as one, the first
            true.append(time)
    return matched(found, true)


def _case(seed: int, split: Split) -> Case | None:
    rng = np.random.default_rng([seed, 31])
    spec = draw(seed, _options(seed, split))
    fps = _RATES[seed % 2]
    frames = round(spec.seconds * fps)
    length = frames / fps
    done = simulate(spec, length + _LONGER)
    within = [one for one in done.happenings if one.kind in _HEARD and 0 < one.step < length * STEPS]
    if not within:
        return None
    clip = render(spec, SHORT, SHORT, fps, frames)
    events = [event for event in clip.truth.events if event.kind in _HEARD]
    visible = tuple(event.seconds for event in events if event.visibility == "visible")
    edge = _EDGE / fps
    if not any(edge <= time <= length - edge for time in visible):
        return None
    hidden = tuple(event.seconds for event in events if event.visibility != "visible")
    shift = _shift(rng, visible, done.happenings, length)
    exchanged = _exchanged(rng, visible, seed, split, length)
    if shift is None:
        return None
    shifted = sound.mix(spec, _later(done.happenings, shift), length)
    return Case(seed, clip.frames, fps, clip.samples, shifted, shift, exchanged, visible, hidden)


def _options(seed: int, split: Split) -> WorldOptions:
    return replace(_BURSTS if seed % 4 == 3 else SCENES, split=split)


def _shift(
    rng: np.random.Generator, visible: tuple[float, ...], happenings: tuple[Happening, ...], length: float
) -> float | None:
    """A shift of the sound by which most contacts are out of sync, None where there is none."""
    for _ in range(20):
        shift = float(rng.uniform(*SHIFTS) * rng.choice((-1, 1)))
        if not _right(visible, _times(_later(happenings, shift), length)):
            return shift
    return None


def _exchanged(
    rng: np.random.Generator, visible: tuple[float, ...], seed: int, split: Split, length: float
) -> NDArray[np.float32]:
    """The sound of another clip of the same make that has something to hear, and not at these contacts."""
    while True:
        other: WorldSpec = draw(seed + int(rng.integers(1, 1000)), _options(int(rng.integers(4)), split))
        happenings = simulate(other, length).happenings
        times = _times(happenings, length)
        if times and not _right(visible, times):
            return sound.mix(other, happenings, length)


def _later(happenings: tuple[Happening, ...], shift: float) -> list[Happening]:
    """The same happenings, later; what would begin before the clip is cut off, and engines run on."""
    steps = round(shift * STEPS)
    return [
        one if one.kind == "engine" else replace(one, step=one.step + steps)
        for one in happenings
        if one.kind == "engine" or one.step + steps > 0
    ]


def _times(happenings: list[Happening] | tuple[Happening, ...], length: float) -> list[float]:
    return [one.step / STEPS for one in happenings if one.kind in _HEARD and 0 < one.step < length * STEPS]


def _right(visible: tuple[float, ...], heard: list[float]) -> bool:
    """Whether a third of the visible contacts or more are heard when they happen."""
    hits = [any(abs(time - one) <= _NEAR for one in heard) for time in visible]
    return bool(np.mean(hits) >= 1 / 3)
