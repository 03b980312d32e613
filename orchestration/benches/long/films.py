"""Long films of the starter weights: the bundle that serving reads, the films, and what is measured in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from assets.evaluation.prompts import Prompt
from assets.evaluation.sight import Sight
from models.recipes import FPS
from serving.bundle import Bundle
from serving.decoding.tiles import STRIDE, Tiles
from serving.pipeline import Pipeline
from serving.sampling.sampler import Overrides
from serving.seams import changes, seam
from serving.shots import Joined, Plan, Shot
from serving.windows import in_a_row

Frames = NDArray[np.uint8]
SIDE = 64  # pixels: as the starter was trained
WINDOW = 32  # frames, as well
SAMPLED = Overrides(steps=12)
THREADS = 1


@dataclass(frozen=True)
class Film:
    """A film of one shot.

    Attributes:
        frames: uint8 [F, H, W, 3].
        joins: Frames at which a window or a decoded tile begins or has ended.
    """

    frames: Frames
    joins: tuple[int, ...]

    @property
    def seam(self) -> float:
        """How much more it changes at its joins than at like places between them."""
        return seam(changes(self.frames), self.joins, period=STRIDE)

    @property
    def change(self) -> tuple[float, float]:
        """Mean change where a latent begins: at joins, and between them."""
        change = changes(self.frames)
        between = [place for place in range(STRIDE, len(change), STRIDE) if place not in self.joins]
        return float(change[list(self.joins)].mean()), float(change[between].mean())


def pipeline(folder: Path) -> Pipeline:
    """What serves a bundle, on one thread, its sessions loaded."""
    loaded = Bundle.load(folder, ["CPUExecutionProvider"], THREADS)
    for graph in loaded.graphs.values():
        _ = graph.session
    return Pipeline.from_bundle(loaded)


def filmed(
    served: Pipeline,
    shots: Sequence[Shot],
    seed: int,
    take: Callable[[Frames], None],
    *,
    apart: bool = False,
    joined: Joined = "blended",
    overrides: Overrides = SAMPLED,
) -> Plan:
    """Sample and decode shots, and hand their frames [., 64, 64, 3] on as they come.

    Args:
        served: The model.
        shots: What to show, without cuts.
        seed: Of the noise.
        take: Gets the pieces.
        apart: Whether windows, and decoded tiles, share nothing, in the place of what serving has them share.
        joined: How windows become one video.
        overrides: Of how windows are sampled.
    """
    plan = served.plan(shots, overlap=0 if apart else None, joined=joined)
    latent = served.long_latent(shots, plan, seed=seed, aspect=(SIDE, SIDE), overrides=overrides)
    for piece in served.frames_of(latent, STRIDE * plan.length, tiles(apart=apart)):
        take(piece)
    return plan


def film(
    served: Pipeline,
    prompt: str,
    seconds: float,
    seed: int,
    *,
    apart: bool = False,
    joined: Joined = "blended",
    overrides: Overrides = SAMPLED,
) -> Film:
    """One prompt for so long; arguments as for ``filmed``."""
    pieces: list[Frames] = []
    shots = [Shot(seconds=seconds, prompt=prompt)]
    plan = filmed(served, shots, seed, pieces.append, apart=apart, joined=joined, overrides=overrides)
    return Film(np.concatenate(pieces), joins(plan, tiles(apart=apart)))


def tiles(*, apart: bool) -> Tiles:
    """How films are decoded: as serving decodes them, or in tiles that share nothing."""
    return Tiles(overlap=0) if apart else Tiles()


def joins(plan: Plan, cut: Tiles) -> tuple[int, ...]:
    """Frames at which a window of the plan or a decoded tile begins or has ended, the film's ends aside.

    A continued window begins with what is there already: it joins where the one before it has ended.
    """
    decoded = in_a_row(plan.length, cut.latent_frames, cut.latent_overlap)
    windows = [window for window, _ in plan.windows]
    begun = [window.start for window in (decoded if plan.joined == "continued" else [*windows, *decoded])]
    places = {STRIDE * place for place in (*begun, *(window.stop for window in [*windows, *decoded]))}
    return tuple(sorted(places - {0, STRIDE * plan.length}))


def glances(frames: Frames) -> list[Sight]:
    """What the checkers see in each two seconds of a film."""
    from assets.evaluation.sight import seen_in

    starts = range(0, len(frames) - WINDOW + 1, WINDOW)
    return [seen_in(frames[start : start + WINDOW], FPS) for start in starts]


def moving(prompt: Prompt, seen: Sequence[Sight]) -> float:
    """Share of the glances in which the thing moves as the prompt asks."""
    return mean(prompt.answered(one)["motion"] for one in seen)


def consistency(seen: Sequence[Sight]) -> float:
    """Share of the glances after the first in which kind and colour are those of the first; what is not seen is not.

    Raises:
        ValueError: fewer than two glances.
    """
    if not seen[1:]:
        raise ValueError(f"{len(seen)} glances: nothing can be the same as before")
    first = seen[0]
    same = [first.kind is not None and (one.kind, one.colour) == (first.kind, first.colour) for one in seen[1:]]
    return sum(same) / len(same)
