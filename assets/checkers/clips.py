"""The clips on which the checkers are trained and measured: seeds of the sandbox world, by what they are for."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT
from assets.checkers.portraits import people
from assets.world import identities, sound
from assets.world.draw import SEEDS, WorldOptions, draw
from assets.world.edits import EDITS, draw_edit
from assets.world.pairs import EditTriple, draw_same_person, render_edit
from assets.world.physics import STEPS, simulate
from assets.world.render import RenderedClip, render
from assets.world.spec import CAMERAS, InvalidSpec, Split

FPS = 8
FRAMES = 16
SECONDS = FRAMES / FPS
_IN_SIGHT = 0.5  # share of a person that some frame must show
STILL = WorldOptions(
    seconds=(SECONDS, SECONDS), objects=(1, 3), cameras=("static",), styles=0.0, offscreen=0.0, text=0.3
)
SOUNDING = WorldOptions(seconds=(SECONDS, SECONDS))
HELD_OUT = WorldOptions(seconds=(SECONDS, SECONDS), split="validation")
PEOPLE = WorldOptions(seconds=(SECONDS, SECONDS), objects=(1, 3), styles=0.0, offscreen=0.0)  # a style hides colours
MOVING = WorldOptions(seconds=(SECONDS, SECONDS), backgrounds=("layered",), styles=0.0, text=0.1)


def still(count: int, split: Split, first_seed: int = 0) -> Iterator[RenderedClip]:
    """Scenes before a camera at rest: one to three things on any background, words over three tenths of them."""
    for seed in range(first_seed, first_seed + count):
        yield rendered(seed, replace(STILL, split=split))


def moving(count: int, split: Split, first_seed: int = 0) -> Iterator[RenderedClip]:
    """Layered scenes, each of the sixteen cameras in turn."""
    for seed in range(first_seed, first_seed + count):
        yield rendered(seed, replace(MOVING, split=split, cameras=(CAMERAS[seed % len(CAMERAS)],)))


def sounds(count: int, split: Split, first_seed: int = 0) -> Iterator[tuple[NDArray[np.float32], list[float]]]:
    """Samples of scenes of the whole world, and when something in or outside the picture is struck, leaps or bursts."""
    for seed in range(first_seed, first_seed + count):
        spec = draw(seed, replace(SOUNDING, split=split))
        done = simulate(spec, SECONDS)
        begun = [one for one in done.happenings if one.kind != "engine" and 0 < one.step < SECONDS * STEPS]
        yield sound.mix(spec, done.happenings, SECONDS), [one.step / STEPS for one in begun]


def edits(count: int, split: Split, first_seed: int = 0) -> Iterator[EditTriple]:
    """Edits of every kind before a camera at rest."""
    for seed in range(first_seed, first_seed + count):
        edit = draw_edit(seed, replace(STILL, split=split), EDITS[seed % len(EDITS)])
        yield render_edit(edit, SHORT, SHORT, FPS, FRAMES)


def couples(count: int, split: Split, first_seed: int = 0) -> Iterator[tuple[RenderedClip, RenderedClip]]:
    """Two clips of one person each, in scenes that have nothing in common.

    Half of them show the same person, a quarter two who differ in one or two of their six attributes, a quarter any
    two. Clips that never show half of their person are drawn again.
    """
    for seed in range(first_seed, first_seed + count):
        rng = np.random.default_rng([seed, 41])
        while True:
            one, other = draw_same_person(int(rng.integers(SEEDS)), replace(PEOPLE, split=split), 2)
            number = one.objects[0].identity
            assert number is not None
            if seed % 2:
                stranger = replace(other.objects[0], identity=_stranger(rng, number, near=seed % 4 == 1))
                other = replace(other, objects=(stranger, *other.objects[1:]))
            first, second = (render(spec, SHORT, SHORT, FPS / 2, FRAMES // 2) for spec in (one, other))
            if min(clip.truth.tracks[0].seen.max() for clip in (first, second)) >= _IN_SIGHT:
                yield first, second
                break


def rendered(seed: int, options: WorldOptions, fps: int = FPS, frames: int = FRAMES) -> RenderedClip:
    """One clip at the size - and unless told, the rate and length - that all figures are measured at."""
    return render(draw(seed, options), SHORT, SHORT, fps, frames)


def _stranger(rng: np.random.Generator, number: int, *, near: bool) -> int:
    """Somebody else who is as well known to training; a near one differs in one attribute or, as often, in two."""
    known = people()
    differ = (known != known[number]).sum(axis=1)
    alike = np.array([identities.held_out(other) == identities.held_out(number) for other in range(len(known))])
    wanted = [int(rng.integers(1, 3)), 2] if near else [differ]
    for distance in wanted:
        found = np.flatnonzero(alike & (differ > 0) & (differ == distance))
        if len(found):
            return int(rng.choice(found))
    raise InvalidSpec(f"nobody differs from identity {number} in up to two attributes")
