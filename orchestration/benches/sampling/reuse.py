"""How far off the velocities are that step caching takes from earlier ones, at the demo's largest size and length."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from assets.evaluation.calibration import prompts as calibrated_on
from assets.evaluation.prompts import Prompt
from assets.evaluation.serving_config import serving_config
from models.recipes import demo
from orchestration.benches.sampling.options import Option
from serving.pipeline import Pipeline
from serving.sampling.caching import Plan, calibrated
from serving.sampling.sampler import Sampler
from serving.sampling.solver import Velocity

if TYPE_CHECKING:
    from serving.bundle import Bundle

_CALIBRATED_ON = 4  # prompts, as export does
_PROMPTS = 2


def reuse_errors(model: "Bundle", options: Sequence[Option], prompts: Sequence[Prompt]) -> dict[str, float]:
    """``reuse_error_OPTION`` of each option with ``--cache``: :func:`worst` of two prompts, at the worse frame rate.

    The bound that it is to keep is the option's own. Calibrated as export calibrates the demo's models.
    """
    config = serving_config(demo())
    usual = Pipeline(model.graphs, model.tokenizers, config)
    table = calibrated(*_guided(usual, calibrated_on(demo().world, _CALIBRATED_ON)), config.sampler)
    texts = [prompt.text for prompt in prompts[:_PROMPTS]]
    found: dict[str, float] = {}
    for option in options:
        if option.overrides.cache is not None:
            sampler = config.sampler.with_overrides(option.overrides)
            plan = table.plan(sampler, option.overrides.cache)
            errors = [worst(*_guided(usual.at(fps), texts), sampler, plan) for fps in config.rates]
            found[f"reuse_error_{option.name}"] = max(errors)
    return found


def worst(velocity: Velocity, noise: np.ndarray, sampler: Sampler, plan: Plan) -> float:
    """Of the steps that a plan does not compute, the largest root mean square error as a share of the velocity's own.

    It is met along the path that the plan itself takes from ``noise`` [B, ...].
    """
    planned, times, x, found = plan.over(velocity), sampler.times(), noise, 0.0
    for start, end, weights in zip(times, times[1:], plan.sources, strict=False):
        taken = planned(x, float(start))
        if weights is not None:
            true = velocity(x, float(start))
            found = max(found, float(np.sqrt(np.square(taken - true).mean() / np.square(true).mean())))
        x = (x + (end - start) * taken).astype(noise.dtype, copy=False)
    return found


def _guided(pipeline: Pipeline, texts: Sequence[str]) -> tuple[Velocity, np.ndarray]:
    seconds = pipeline.config.max_seconds
    return pipeline.guided(texts, range(len(texts)), seconds=seconds, aspect=pipeline.config.largest)
