"""Measuring options of sampling: all of them on the same prompts and seeds, taking turns."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assets.evaluation.prompts import Prompt
from assets.evaluation.sight import Sight
from assets.starter.latents import FRAMES, SIDE
from assets.starter.quality import Frames, sights
from models.recipes import FPS
from orchestration.benches.sampling.options import BASELINE, FAST, Option
from serving.pipeline import Pipeline
from serving.sampling.sampler import Overrides

_TOGETHER = 8  # clips of a turn: a batch of the pipeline's
_RESAMPLES = 4000
_WARM_UP = Option("", "", Overrides(steps=1))
KEPT = 0.95  # share of the baseline's score that counts as kept


@dataclass(frozen=True)
class Measured:
    """What one option came to.

    Attributes:
        scores: Of each clip, the share of what its prompt asks for that the checkers see.
        seconds: Wall-clock seconds a clip, sampling and decoding, of each turn.
    """

    scores: np.ndarray
    seconds: Sequence[float]

    @property
    def score(self) -> float:
        """Their mean."""
        return float(self.scores.mean())

    @property
    def median(self) -> float:
        """Seconds a clip of the median turn."""
        return statistics.median(self.seconds)


def measured(
    pipeline: Pipeline,
    options: Sequence[Option],
    prompts: Sequence[Prompt],
    progress: Callable[[int, int], None],
) -> dict[str, Measured]:
    """Every option on every prompt, whose seed is its place; turns of eight clips, the order reversed every other time.

    Args:
        pipeline: That samples at 64 pixels.
        options: In whatever order.
        prompts: What to show.
        progress: Called with (prompts done, prompts in all).
    """
    scores: dict[str, list[float]] = {option.name: [] for option in options}
    seconds: dict[str, list[float]] = {option.name: [] for option in options}
    for start in range(0, len(prompts), _TOGETHER):
        asked = prompts[start : start + _TOGETHER]
        seeds = range(start, start + len(asked))
        drawn(pipeline, _WARM_UP, asked, seeds)  # the texts are encoded from then on
        turn = start // _TOGETHER
        for option in options if turn % 2 else tuple(reversed(options)):
            begun = time.monotonic()
            clips = drawn(pipeline, option, asked, seeds)
            seconds[option.name].append((time.monotonic() - begun) / len(clips))
            seen = sights(clips)
            scores[option.name] += [score(*pair) for pair in zip(asked, seen, strict=True)]
        progress(start + len(asked), len(prompts))
    return {name: Measured(np.array(scores[name]), seconds[name]) for name in scores}


def drawn(pipeline: Pipeline, option: Option, prompts: Sequence[Prompt], seeds: Sequence[int]) -> list[Frames]:
    """Clips uint8 [32, 64, 64, 3] of prompts, sampled as an option says."""
    texts, size = [prompt.text for prompt in prompts], (SIDE, SIDE)
    clips = pipeline.generate_batch(
        texts, seeds, seconds=FRAMES / FPS, aspect=size, audio=False, overrides=option.overrides
    )
    return [clip.frames for clip in clips]


def figures(found: Mapping[str, Measured]) -> dict[str, float | str]:
    """Scores with their 95% intervals and seconds a clip of each option, and what they come to.

    ``score_margin`` is what 50 linear-quadratic steps score above 250 uniform ones, prompt by prompt; ``speedup_at_95``
    how many times as fast as those the fastest option is that keeps 95% of their score, ``fastest_at_95`` its name.
    """
    told: dict[str, float | str] = {}
    for name, one in found.items():
        told |= {f"score_{name}": one.score, **_interval(f"score_{name}", one.scores)}
        told |= {f"seconds_{name}": one.median, f"speedup_{name}": speedup(found, name)}
    margin = found[FAST].scores - found[BASELINE].scores
    told |= {"score_margin": float(margin.mean()), **_interval("score_margin", margin)}
    best = max((name for name in found if keeps(found, name)), key=lambda name: speedup(found, name))
    return told | {"speedup_at_95": speedup(found, best), "fastest_at_95": best}


def keeps(found: Mapping[str, Measured], name: str) -> bool:
    """Whether an option has at least 95% of the baseline's score."""
    return found[name].score >= KEPT * found[BASELINE].score


def speedup(found: Mapping[str, Measured], name: str) -> float:
    """How many times as fast as the baseline an option is: the median of the ratios of their turns."""
    return statistics.median(
        slow / fast for slow, fast in zip(found[BASELINE].seconds, found[name].seconds, strict=True)
    )


def score(prompt: Prompt, seen: Sight) -> float:
    """Share of what a prompt asks for that is seen: object, colour, motion and background, as far as it names them."""
    return float(np.mean(list(prompt.answered(seen).values())))


def interval(values: np.ndarray) -> tuple[float, float]:
    """95% interval of the mean of [N] values, by resampling them."""
    picks = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _interval(name: str, values: np.ndarray) -> dict[str, float | str]:
    low, high = interval(values)
    return {f"{name}_low": low, f"{name}_high": high}
