"""The clips on which the checkers are trained and measured: seeds of the sandbox world, by what they are for."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT
from assets.world import sound
from assets.world.draw import WorldOptions, draw
from assets.world.edits import EDITS, draw_edit
from assets.world.pairs import EditTriple, render_edit
from assets.world.physics import STEPS, simulate
from assets.world.render import RenderedClip, render
from assets.world.spec import CAMERAS, Split

FPS = 8
FRAMES = 16
SECONDS = FRAMES / FPS
STILL = WorldOptions(
    seconds=(SECONDS, SECONDS), objects=(1, 3), cameras=("static",), styles=0.0, offscreen=0.0, text=0.3
)
SOUNDING = WorldOptions(seconds=(SECONDS, SECONDS))
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


def rendered(seed: int, options: WorldOptions, fps: int = FPS, frames: int = FRAMES) -> RenderedClip:
    """One clip at the size - and unless told, the rate and length - that all figures are measured at."""
    return render(draw(seed, options), SHORT, SHORT, fps, frames)
