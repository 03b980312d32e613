"""The clips that questions are asked about, each rendered once and seen twice: as it is, and after the codec."""

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.coded import coded
from assets.checkers.evaluation.question import Exhibit, Source
from assets.checkers.things import Thing, things
from assets.world.render import RenderedClip


class Footage:
    """Frames uint8 [F, H, W, 3], and what several questions need of them, found once."""

    def __init__(self, frames: NDArray[np.uint8]) -> None:
        self.frames = frames

    @cached_property
    def things(self) -> tuple[Thing, ...]:
        """What the detector finds in them."""
        return things(self.frames)


def _still(seed: int) -> Exhibit[RenderedClip, Footage]:
    return _exhibit(next(clips.still(1, "validation", seed)))


def _moving(seed: int) -> Exhibit[RenderedClip, Footage]:
    return _exhibit(next(clips.moving(1, "validation", seed)))


def _exhibit(clip: RenderedClip) -> Exhibit[RenderedClip, Footage]:
    """A clip; its truth goes without frames and samples."""
    truth = replace(clip, frames=clip.frames[:0], samples=clip.samples[:0])
    return Exhibit(truth, Footage(clip.frames), Footage(coded(clip.frames, clips.FPS)))


STILL = Source("still", _still)
MOVING = Source("moving", _moving)
