"""Live: video without an end, a chunk after the other, under the prompt of the moment."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from serving.config import SPATIAL_STRIDE, ServingConfig
from serving.drawing import part_seed
from serving.errors import RequestRefused, ServingError
from serving.features import LATENT_STRIDE
from serving.moderation import require_allowed
from serving.pipeline import Pipeline
from serving.sampling.sampler import Overrides

WINDOW = 4  # latent frames that are sampled at once
CONTEXT = 1  # of them, those that are known from the chunk before
STEPS = 12  # of sampling, at most unless told
SIDES = {"1:1": (64, 64), "16:9": (64, 112), "9:16": (112, 64)}
"""(height, width) that is generated for each aspect ratio; the stream has twice that."""


@dataclass(frozen=True)
class Chunk:
    """What is made at once.

    Attributes:
        number: From 0.
        prompt: That it was made with.
        frames: uint8 [F, H, W, 3].
        fps: Of them, a second.
        ready: Seconds from the start of the stream to when it was there.
    """

    number: int
    prompt: str
    frames: np.ndarray
    fps: int
    ready: float


class Prompt:
    """What a stream shows; may be changed by another thread while it runs.

    Attributes:
        text: The prompt of the moment.

    Raises:
        PromptRefused: the content policy does not allow the prompt.
    """

    def __init__(self, text: str) -> None:
        self.change(text)

    def change(self, text: str) -> None:
        """Show this from the next chunk on. A prompt that is refused (PromptRefused) leaves the one before."""
        require_allowed(text)
        self.text = text


@dataclass(frozen=True)
class Pace:
    """How far a stream may be ahead of its viewers.

    Attributes:
        fps: Frames that they see a second.
        ahead: Seconds; None: as far as it gets.
        clock, sleep: Seconds that pass, and how to let them pass.
    """

    fps: int
    ahead: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait(self, begun: float, frames: int) -> None:
        """Let time pass until a stream that begun at ``begun`` with so many frames is no further ahead."""
        if self.ahead is not None:
            early = frames / self.fps - self.ahead - (self.clock() - begun)
            if early > 0:
                self.sleep(early)


def usual(config: ServingConfig) -> Overrides:
    """How chunks are sampled unless told: as the model's own, in at most twelve steps."""
    return Overrides(steps=min(STEPS, config.sampler.steps))


def chunks(
    pipeline: Pipeline,
    prompt: Prompt,
    *,
    seed: int = 0,
    aspect: str = "1:1",
    overrides: Overrides | None = None,
    pace: Pace | None = None,
) -> Iterator[Chunk]:
    """Chunks for as long as they are asked for; each goes on from the last latent frame of the one before.

    Args:
        pipeline: The model.
        prompt: Asked before every chunk.
        seed: Of the stream's noise; the same seed and prompts give the same stream.
        aspect: One of ``SIDES``.
        overrides: Of how the model samples; None: as ``usual`` says.
        pace: How far it may be ahead; None: as far as it gets.

    Raises:
        RequestRefused: an unknown aspect ratio, or a model that does not cover its size or a window's length.
        GraphMissing, SamplingFailed: as ``Pipeline.generate_batch``.
    """
    if aspect not in SIDES:
        raise RequestRefused(f"no stream is {aspect}: there are {', '.join(SIDES)}")
    pace = pace or Pace(pipeline.config.fps)
    pipeline.config.frames(WINDOW * LATENT_STRIDE / pipeline.config.fps)
    rows, columns = (side // SPATIAL_STRIDE for side in pipeline.config.size(SIDES[aspect]))
    shape = (pipeline.config.latent_channels, WINDOW, rows, columns)
    overrides = overrides or usual(pipeline.config)
    begun, frames, number = pace.clock(), 0, 0
    before: np.ndarray | None = None
    while True:
        pace.wait(begun, frames)
        text = prompt.text
        latent = pipeline.next_latent(text, before, shape, seed=part_seed(seed, number), overrides=overrides)
        known = 0 if before is None else CONTEXT * LATENT_STRIDE
        shown = pipeline.decode(latent, WINDOW * LATENT_STRIDE)[known:]
        before = latent[:, -CONTEXT:]
        frames += len(shown)
        yield Chunk(number, text, shown, pipeline.config.fps, pace.clock() - begun)
        number += 1


def until(made: Iterator[Chunk], frames: int | None, told: Callable[[Chunk], bool]) -> Iterator[Chunk]:
    """The chunks up to so many frames in all, the last one cut; or up to the one of which ``told`` says False."""
    left = frames
    for chunk in made:
        shown = chunk if left is None else replace(chunk, frames=chunk.frames[:left])
        left = None if left is None else left - len(shown.frames)
        going = told(shown)
        yield shown
        if not going or left == 0:
            return


@dataclass
class Shown:
    """What a stream has shown.

    Attributes:
        prompts: Those of its chunks, in order, each once.
        failure: What ended it, if it could not go on.
    """

    prompts: dict[str, None] = field(default_factory=dict)
    failure: ServingError | None = None

    def frames(self, made: Iterator[Chunk]) -> Iterator[np.ndarray]:
        """The chunks' frames, whose prompts are noted."""
        for chunk in made:
            self.prompts[chunk.prompt] = None
            yield chunk.frames

    def kept(self, frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Frames, ready to be written. What serving fails at after the first ends them and is noted, to be told."""
        begun = False
        try:
            for frame in frames:
                yield frame
                begun = True
        except ServingError as error:
            if not begun:
                raise
            self.failure = error
