"""Options of sampling that are measured, and what each combines with, found out by asking the pipeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from serving.config import ServingConfig
from serving.errors import CalibrationMissing, GraphMissing, RequestRefused
from serving.known import KNOWN, Ends
from serving.pipeline import Pipeline
from serving.sampling.guidance import Graph
from serving.sampling.sampler import Overrides
from serving.shots import Shot

BASELINE = "uniform_250"
FAST = "linear_quadratic_50"
_PROMPT = "a red ball rolls to the left on a blue background"
_SECONDS = 0.5


@dataclass(frozen=True)
class Option:
    """A way of sampling.

    Attributes:
        name: Of its figures.
        told: For people.
        overrides: Of the model's own sampler.
    """

    name: str
    told: str
    overrides: Overrides


OPTIONS = (
    Option(BASELINE, "uniform, 250 steps", Overrides(schedule="uniform", steps=250)),
    Option("uniform_50", "uniform, 50 steps", Overrides(schedule="uniform", steps=50)),
    Option(FAST, "linear-quadratic, 50 steps", Overrides(steps=50)),
    Option("linear_quadratic_25", "linear-quadratic, 25 steps", Overrides(steps=25)),
    Option("linear_quadratic_12", "linear-quadratic, 12 steps", Overrides(steps=12)),
    Option("midpoint_12", "linear-quadratic, 12 steps, --solver midpoint", Overrides(steps=12, solver="midpoint")),
    Option("heun_12", "linear-quadratic, 12 steps, --solver heun", Overrides(steps=12, solver="heun")),
    Option("shifted_25", "shifted by 3, 25 steps", Overrides(schedule="shifted", shift=3.0, steps=25)),
    Option(
        "interval_25",
        "linear-quadratic, 25 steps, --guidance-interval 0.1 0.8",
        Overrides(steps=25, guidance_interval=(0.1, 0.8)),
    ),
    Option("cached_50", "linear-quadratic, 50 steps, --cache 0.1", Overrides(steps=50, cache=0.1)),
    Option("cached_50_far", "linear-quadratic, 50 steps, --cache 0.3", Overrides(steps=50, cache=0.3)),
    Option("student_4", "student, 4 steps", Overrides(student=4)),
    Option("student_2", "student, 2 steps", Overrides(student=2)),
    Option("student_1", "student, 1 step", Overrides(student=1)),
)

SWITCHES: Mapping[str, Overrides] = {
    "--schedule uniform": Overrides(schedule="uniform"),
    "--schedule shifted --shift 3": Overrides(schedule="shifted", shift=3.0),
    "--emulate 100": Overrides(emulated_steps=100),
    "--solver midpoint": Overrides(solver="midpoint"),
    "--solver heun": Overrides(solver="heun"),
    "--steps 12": Overrides(steps=12),
    "--guidance 5": Overrides(guidance=5.0),
    "--guidance-interval 0.1 0.8": Overrides(guidance_interval=(0.1, 0.8)),
    "--cache 0.1": Overrides(cache=0.1),
    "--student 4": Overrides(student=4),
}
"""What ``cinemill generate`` can be told about sampling, one example each."""


def requests(pipeline: Pipeline, overrides: Overrides) -> Mapping[str, Callable[[], object]]:
    """Smallest requests of each kind, sampled with some overrides."""
    height, width = next(iter(pipeline.config.sizes.values()))
    frames = np.zeros((round(_SECONDS * pipeline.config.fps), height, width, 3), np.uint8)
    clip = partial(pipeline.latents, [_PROMPT], [0], seconds=_SECONDS, aspect=(height, width), overrides=overrides)
    shots = [Shot(seconds=2, prompt=_PROMPT)]
    return {
        "a clip": clip,
        "shots": partial(
            pipeline.long_latent, shots, pipeline.plan(shots), aspect=(height, width), overrides=overrides
        ),
        "continued shots": partial(
            pipeline.long_latent,
            shots,
            pipeline.plan(shots, joined="continued"),
            aspect=(height, width),
            overrides=overrides,
        ),
        "pictures": partial(clip, seconds=2 * _SECONDS, ends=Ends(first=frames[0])),
        "a reference (from Python)": partial(clip, reference=frames[0]),
        "an edit (from Python)": partial(pipeline.edit, frames, _PROMPT, overrides=overrides),
    }


def options_of(graphs: Mapping[str, Graph]) -> tuple[Option, ...]:
    """The options of a model with these graphs: a student only where it has one."""
    return tuple(option for option in OPTIONS if option.overrides.student is None or "student" in graphs)


def text_only(graphs: Mapping[str, Graph], tokenizers: Mapping[str, Path], config: ServingConfig) -> Pipeline:
    """A pipeline that reads prompts and no more: what it accepts ends where pictures are encoded or sampling begins."""
    read = {KNOWN, *(name for facts in config.text.values() for name in facts.graphs)}
    return Pipeline({name: graph for name, graph in graphs.items() if name in read}, tokenizers, config)


def combinations(asked: Pipeline) -> dict[str, dict[str, bool]]:
    """For each switch, which others and which kinds of requests it combines with: what ``text_only`` accepts."""
    found: dict[str, dict[str, bool]] = {}
    for name, overrides in SWITCHES.items():
        others = {
            other: accepted(requests(asked, merged)["a clip"])
            for other, more in SWITCHES.items()
            if other != name and (merged := together(overrides, more)) is not None
        }
        kinds = {kind: accepted(call) for kind, call in requests(asked, overrides).items() if kind != "a clip"}
        found[name] = others | kinds
    return found


def together(one: Overrides, other: Overrides) -> Overrides | None:
    """Both at once; None where they set the same differently."""
    changes = {name: value for name, value in vars(other).items() if value is not None}
    if any(getattr(one, name) not in {None, value} for name, value in changes.items()):
        return None
    return replace(one, **changes)


def accepted(request: Callable[[], object]) -> bool:
    """Whether a request gets as far as to the graphs that its pipeline lacks."""
    try:
        request()
    except (RequestRefused, CalibrationMissing):
        return False
    except GraphMissing:
        return True
    raise AssertionError("the pipeline was to have no graph that samples")
