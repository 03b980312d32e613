"""Figures of the contrastive model on clips that nothing was trained, calibrated or chosen on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.alignment import judged
from assets.checkers.contrastive.scenes import places
from assets.checkers.contrastive.statements import Statement, changed, facts
from assets.world import captions
from assets.world.render import RenderedClip
from assets.world.spec import Split

Answers = list[tuple[object, object]]  # what was said, what is true
Cosines = NDArray[np.floating]

WHOLE = clips.SOUNDING  # the whole world, in clips of the checkers' length


@dataclass(frozen=True)
class Retrieval:
    """How well one side finds the other among N.

    Attributes:
        first, five: Share whose own one is the nearest, and among the five nearest.
        median: Rank of the own one, 1 being the nearest.
        chance: Of ``first``.
    """

    first: float
    five: float
    median: float
    chance: float


def held_out(count: int, split: Split, first_seed: int) -> list[RenderedClip]:
    """Clips of the whole world."""
    return [clips.rendered(seed, replace(WHOLE, split=split)) for seed in range(first_seed, first_seed + count)]


def alignment_answers(cosines: Cosines) -> Answers:
    """For each clip: does its own caption fit, and does that of the next clip.

    Args:
        cosines: Of clips (rows) with captions (columns), in the same order.
    """
    own, other = np.diagonal(cosines), np.diagonal(np.roll(cosines, -1, axis=1))
    return [(judged(float(cosine)).value, truth) for side, truth in ((own, True), (other, False)) for cosine in side]


def shuffled_answers(cosines: Cosines, seed: int = 0) -> Answers:
    """The control: each clip with captions drawn at random, of which one is taken for its own and one for another's."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(cosines), size=(2, len(cosines)))
    return [
        (judged(float(cosines[row, column])).value, truth)
        for columns, truth in zip(drawn, (True, False), strict=True)
        for row, column in enumerate(columns)
    ]


def retrieval(cosines: Cosines) -> Retrieval:
    """How well rows find their own columns; of equal cosines, half count as nearer."""
    own = np.diagonal(cosines)[:, None]
    ranks = 1 + (cosines > own).sum(axis=1) + 0.5 * ((cosines == own).sum(axis=1) - 1)
    return Retrieval(float((ranks < 2).mean()), float((ranks < 6).mean()), float(np.median(ranks)), 1 / len(cosines))


def fine_answers(shown: Sequence[RenderedClip], vectors: NDArray[np.float32], field: str) -> Answers:
    """For each clip that has the field: is a statement nearer than the same one with that field put wrong.

    The statement names the first thing that is seen well (its kind, dye and motion) and the place, or the camera.

    Args:
        shown: Clips.
        vectors: Of them, as rendered or coded.
        field: ``kind``, ``colour``, ``motion``, ``place`` or ``camera``.
    """
    from models.contrastive.embedder import packaged_embedder

    rows: list[int] = []
    asked: list[tuple[str, str]] = []
    for number, clip in enumerate(shown):
        known = facts(clip, captions.where(clip.spec))
        if not known.things:
            continue
        kind, dye, _, motion = known.things[0]
        true = Statement(camera=known.camera) if field == "camera" else Statement(kind, dye, motion, known.place)
        if getattr(true, field) is None:
            continue
        false = changed(true, np.random.default_rng([clip.spec.seed, 31]), places(), field)
        # The same lots word both, so that they differ in nothing else.
        right, wrong = (said.text(np.random.default_rng([clip.spec.seed, 37])) for said in (true, false))
        rows.append(number)
        asked.append((right, wrong))
    rights, wrongs = (packaged_embedder().texts(side) for side in zip(*asked, strict=True))
    gains = ((rights - wrongs) * vectors[rows]).sum(axis=1)
    return [(bool(gain > 0), True) for gain in gains]
