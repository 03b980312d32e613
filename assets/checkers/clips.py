"""The clips on which the checkers are trained and measured: seeds of the sandbox world, by what they are for."""

from collections.abc import Iterator
from dataclasses import replace

from assets.checkers.patches import SHORT
from assets.world.draw import WorldOptions, draw
from assets.world.render import RenderedClip, render
from assets.world.spec import CAMERAS, Split

FPS = 8
FRAMES = 16
SECONDS = FRAMES / FPS
STILL = WorldOptions(
    seconds=(SECONDS, SECONDS), objects=(1, 3), cameras=("static",), styles=0.0, offscreen=0.0, text=0.3
)
MOVING = WorldOptions(seconds=(SECONDS, SECONDS), backgrounds=("layered",), styles=0.0, text=0.1)


def still(count: int, split: Split, first_seed: int = 0) -> Iterator[RenderedClip]:
    """Scenes before a camera at rest: one to three things on any background, words over three tenths of them."""
    for seed in range(first_seed, first_seed + count):
        yield rendered(seed, replace(STILL, split=split))


def moving(count: int, split: Split, first_seed: int = 0) -> Iterator[RenderedClip]:
    """Layered scenes, each of the sixteen cameras in turn."""
    for seed in range(first_seed, first_seed + count):
        yield rendered(seed, replace(MOVING, split=split, cameras=(CAMERAS[seed % len(CAMERAS)],)))


def rendered(seed: int, options: WorldOptions) -> RenderedClip:
    """One clip at the size, rate and length that all figures are measured at."""
    return render(draw(seed, options), SHORT, SHORT, FPS, FRAMES)
