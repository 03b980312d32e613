"""Variants of a served model: bytes, speed and what the checkers see, on the same prompts and seeds."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from assets.evaluation.prompts import Prompt
from assets.starter.bundle import bundled
from assets.starter.latents import FRAMES, SIDE
from assets.starter.quality import asked, sights
from models.recipes import FPS, demo
from orchestration.benches.sampling.measured import interval, score
from serving.bundle import FULL, Bundle
from serving.pipeline import Pipeline

_PROMPTS = 60
_TOGETHER = 8  # clips of a turn
_THREADS = 1


@dataclass
class Measured:
    """What one variant came to.

    Attributes:
        scores: Of each clip, the share of what its prompt asks for that the checkers see.
        seconds: Of processor time that a step of a clip takes, of each turn.
        grey: Of each clip, its mean distance from the full weights' in grey levels of 255.
    """

    scores: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    grey: list[float] = field(default_factory=list)


def run(prompts: int = _PROMPTS) -> dict[str, float]:
    """Figures of each variant of the starter, at 64 px, two seconds a clip, one thread, the demo's sampler.

    ``megabytes_V`` of all graphs that are loaded with V; ``step_ms_V`` of processor time a guided step and clip;
    ``score_V`` with its 95% interval, and ``loss_V``: the score of the full weights less its own, in pairs;
    ``grey_V``, how far its clips are from those of the full weights in grey levels.
    """
    from models.export.variants import VARIANTS

    with TemporaryDirectory(prefix="cinemill-variants-") as scratch:
        folder = bundled(Path(scratch), variants=VARIANTS).folder
        bundles = {name: Bundle.load(folder, ["CPUExecutionProvider"], _THREADS, name) for name in (FULL, *VARIANTS)}
        found = measured(bundles, asked(demo().world, "validation", prompts).prompts)
        sizes = {f"megabytes_{name}": megabytes(bundle) for name, bundle in bundles.items()}
    return {name: round(value, 4) for name, value in (sizes | figures(found)).items()} | {"prompts": float(prompts)}


def megabytes(bundle: Bundle) -> float:
    """Of all graphs that a bundle loads, with weights that lie beside them."""
    from models.export.files import graph_bytes

    return sum(graph_bytes(graph.path) for graph in bundle.graphs.values()) / 1e6


def measured(bundles: Mapping[str, Bundle], prompts: Sequence[Prompt]) -> dict[str, Measured]:
    """Every variant on every prompt, whose seed is its place; the order is reversed every other turn."""
    pipelines = {name: Pipeline.from_bundle(bundle) for name, bundle in bundles.items()}
    found = {name: Measured() for name in bundles}
    for start in range(0, len(prompts), _TOGETHER):
        part = prompts[start : start + _TOGETHER]
        turn = list(pipelines) if start // _TOGETHER % 2 else list(reversed(pipelines))
        clips = {name: _clips(pipelines[name], part, start, found[name]) for name in turn}
        for name, shown in clips.items():
            found[name].scores += [score(*pair) for pair in zip(part, sights(shown), strict=True)]
            found[name].grey += [
                float(np.abs(one.astype(np.int16) - full).mean()) for one, full in zip(shown, clips[FULL], strict=True)
            ]
    return found


def _clips(pipeline: Pipeline, prompts: Sequence[Prompt], first: int, into: Measured) -> list[np.ndarray]:
    texts, seeds = [prompt.text for prompt in prompts], range(first, first + len(prompts))
    begun = time.process_time()
    latents = pipeline.latents(texts, seeds, seconds=FRAMES / FPS, aspect=(SIDE, SIDE))
    into.seconds.append((time.process_time() - begun) / len(prompts) / pipeline.config.sampler.steps)
    return [pipeline.decode(latent, FRAMES) for latent in latents]


def figures(found: Mapping[str, Measured]) -> dict[str, float]:
    """The figures of some variants, of which one is the full weights."""
    told: dict[str, float] = {}
    full = np.array(found[FULL].scores)
    for name, one in found.items():
        scores = np.array(one.scores)
        told |= {f"step_ms_{name}": 1000 * statistics.median(one.seconds), f"score_{name}": float(scores.mean())}
        told |= _interval(f"score_{name}", scores)
        if name != FULL:
            told |= {f"loss_{name}": float((full - scores).mean()), **_interval(f"loss_{name}", full - scores)}
            told[f"grey_{name}"] = statistics.mean(one.grey)
    return told


def _interval(name: str, values: np.ndarray) -> dict[str, float]:
    low, high = interval(values)
    return {f"{name}_low": low, f"{name}_high": high}
