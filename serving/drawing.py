"""Drawing: requests that are in order, the noise of a seed, and samples that are finite."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from serving.errors import CalibrationMissing, RequestRefused, SamplingFailed
from serving.sampling.caching import Calibration, Plan
from serving.sampling.sampler import Sampler
from serving.sampling.solver import Progress, Velocity

StageProgress = Callable[[str, int, int], None]
VIDEO, AUDIO = 0, 1  # independent noise of one seed


def noise_of(seed: int, stream: int, shape: Sequence[int]) -> np.ndarray:
    """Standard normal float32 that depends on the seed and the stream alone."""
    return np.random.default_rng([seed, stream]).standard_normal(shape, dtype=np.float32)


def part_seed(seed: int, number: int) -> int:
    """The seed of one of the parts that a video is drawn in, one after the other."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])


def drawn(
    sampler: Sampler,
    velocity: Velocity,
    noise: np.ndarray,
    stage: str,
    progress: StageProgress | None,
    plan: Plan | None = None,
) -> np.ndarray:
    """What a velocity carries ``noise`` to; with a plan, part of the steps take their velocity from earlier ones.

    Raises:
        SamplingFailed: It is not finite.
    """
    report: Progress | None = None if progress is None else partial(progress, stage)
    sample = sampler.sample(velocity if plan is None else plan.over(velocity), noise, report)
    if not np.isfinite(sample).all():
        raise SamplingFailed(f"sampling {stage} gave values that are not finite; lower the guidance ({sampler})")
    return sample


def require_prompts(prompts: Sequence[str], seeds: Sequence[int]) -> None:
    """Raise RequestRefused unless each prompt says something and has a seed that is not negative."""
    if len(prompts) != len(seeds):
        raise RequestRefused(f"{len(prompts)} prompts need as many seeds, not {len(seeds)}")
    for prompt in prompts:
        if not prompt.strip():
            raise RequestRefused("the prompt is empty: say what the video shows")
    for seed in seeds:
        if seed < 0:
            raise RequestRefused(f"a seed is not negative: {seed}")


def caching(sampler: Sampler, calibration: Calibration | None) -> Plan | None:
    """Which steps of a sampler are computed; None: it computes all.

    Raises:
        CalibrationMissing: It is to cache steps, and there is no calibration for that.
    """
    if sampler.cache is None:
        return None
    if calibration is None:
        raise CalibrationMissing(
            "this model has no calibration of step caching, it was exported before there was one: export and promote "
            "it again, or sample without --cache"
        )
    return calibration.plan(sampler, sampler.cache)


def require_whole(sampler: Sampler, what: str) -> None:
    """Raise RequestRefused if steps are to be cached where nothing is calibrated, or taken by who was never taught."""
    if sampler.cache is not None:
        raise RequestRefused(f"cache does not combine with {what}: it is calibrated for video from text alone")
    if sampler.student is not None:
        raise RequestRefused(f"student does not combine with {what}: it was distilled for video from text alone")


def told(sampler: Sampler, plan: Plan | None) -> str:
    """How a sampler samples, in words: for records."""
    if sampler.student is not None:
        return f"student, {sampler.student} steps"
    words = f"{sampler.solver}, {sampler.steps} {sampler.schedule} steps"
    if sampler.schedule == "linear_quadratic":
        words += f" like the first of {sampler.emulated_steps}"
    elif sampler.schedule == "shifted":
        words += f" by {sampler.shift:g}"
    words += f", guidance {sampler.guidance:g}"
    if sampler.guidance_interval is not None:
        words += " from {:g} to {:g}".format(*sampler.guidance_interval)
    return words if plan is None else f"{words}, {plan.reused} steps reused within {sampler.cache:g}"
