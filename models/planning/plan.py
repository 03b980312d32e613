"""The plan of a stage: layout, memory, batches, time and cost of each of its phases."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from models.buckets import Bucket
from models.curriculum import STAGES, FullStage, Phase
from models.planning.compute import StepTime, Work, step_time
from models.planning.errors import NoPlan
from models.planning.flops import of_sample
from models.planning.gpus import GPUS, Gpu
from models.planning.layout import Layout, Pins
from models.planning.memory import Activations, Sample, memory
from models.planning.parameters import count
from models.planning.search import Choice, Problem, search
from models.presets import PRESETS
from models.recipes import BackboneConfig

_DAY = 86_400.0


@dataclass(frozen=True)
class Turn:
    """A step that takes one bucket, as every rank does at that step.

    Attributes:
        share: Probability that a step takes it.
        batch: Global samples.
        micro_batch, passes: Samples of a group of ranks in one pass, and passes a step.
        off: Tokens of the step, relative to the middle between the bucket of the most and that of the fewest.
    """

    bucket: Bucket
    share: float
    batch: int
    micro_batch: int
    passes: int
    off: float
    time: StepTime

    @property
    def tokens(self) -> int:
        """Of the step."""
        return self.batch * self.bucket.tokens


@dataclass(frozen=True)
class PhasePlan:
    """One phase: a span of steps at one batch size."""

    phase: Phase
    choice: Choice
    turns: tuple[Turn, ...]

    @property
    def largest(self) -> Turn:
        """The square bucket of the most tokens."""
        return max((turn for turn in self.turns if turn.bucket.aspect == "1:1"), key=lambda turn: turn.bucket.tokens)

    @property
    def seconds(self) -> float:
        """Of a step, on average over the buckets."""
        return self._mean(lambda turn: turn.time.seconds)

    @property
    def tokens(self) -> float:
        """Of a step, on average."""
        return self._mean(lambda turn: float(turn.tokens))

    @property
    def useful(self) -> float:
        """Operations of a step, on average, as MFU counts them."""
        return self._mean(lambda turn: turn.time.useful)

    @property
    def executed(self) -> float:
        """Operations of a step, on average, with those that recomputing adds."""
        return self._mean(lambda turn: turn.time.executed)

    @property
    def days(self) -> float:
        """Of the whole phase."""
        return self.phase.iterations * self.seconds / _DAY

    def mfu(self, gpu: Gpu) -> float:
        """Of the devices in use."""
        return self.useful / (self.seconds * self.choice.layout.gpus * gpu.tflops * 1e12)

    def _mean(self, of: Callable[[Turn], float]) -> float:
        return sum(turn.share * of(turn) for turn in self.turns)


@dataclass(frozen=True)
class Plan:
    """What a stage needs and does.

    Attributes:
        price: US dollars a device and hour.
        price_assumed: Whether nobody gave one.
    """

    preset: str
    stage: FullStage
    config: BackboneConfig
    gpu: Gpu
    gpus: int
    price: float
    price_assumed: bool
    phases: tuple[PhasePlan, ...]

    @property
    def days(self) -> float:
        """Of all phases."""
        return sum(phase.days for phase in self.phases)

    @property
    def cost(self) -> float:
        """US dollars; idle devices cost as much as busy ones."""
        return self.days * 24 * self.gpus * self.price

    def activations(self, phase: PhasePlan) -> tuple[float, float]:
        """Bytes of a device's activations with no block recomputed, and with all of them."""
        sample, layers = Sample(self.stage.largest.tokens, self.stage.text_tokens), self.config.layers
        layouts = (replace(phase.choice.layout, recomputed=blocks) for blocks in (0, layers))
        kept, recomputed = (Activations(self.config, layout, self.gpu, sample).until(layers) for layout in layouts)
        return kept, recomputed

    def as_json(self) -> dict[str, Any]:
        """Every number, for programs."""
        parameters = count(self.config)
        return {
            "preset": self.preset,
            "stage": self.stage.name,
            "gpu": asdict(self.gpu),
            "gpus": self.gpus,
            "parameters": {"core": parameters.core, "total": parameters.total},
            "tokens_per_sample": self.stage.largest.tokens,
            "text_tokens": self.stage.text_tokens,
            "days": self.days,
            "cost_usd": self.cost,
            "price_usd_per_gpu_hour": self.price,
            "price_assumed": self.price_assumed,
            "phases": [self._phase_json(phase) for phase in self.phases],
        }

    def _phase_json(self, phase: PhasePlan) -> dict[str, Any]:
        layout, need, step = phase.choice.layout, phase.choice.memory, phase.largest.time
        kept, recomputed = self.activations(phase)
        return {
            "iterations": phase.phase.iterations,
            "batch": phase.phase.batch_size,
            "layout": asdict(layout) | {"gpus": layout.gpus},
            "gpus_idle": self.gpus - layout.gpus,
            "memory_bytes": {"moment": need.moment, "total": need.total, "device": self.gpu.memory, **need.causes},
            "activation_bytes": {"nothing_recomputed": kept, "all_recomputed": recomputed},
            "flops_per_sample": of_sample(self.config, self.stage.largest.tokens, self.stage.text_tokens).training,
            "flops_per_step": phase.useful,
            "flops_per_step_with_recomputed": phase.executed,
            "tokens_per_step": phase.tokens,
            "seconds_per_step": phase.seconds,
            "seconds_of_largest_bucket": {
                name: getattr(step, name) for name in ("matrices", "attention", "elementwise", "update", "exposed")
            },
            "mfu": phase.mfu(self.gpu),
            "days": phase.days,
            "communication": [asdict(each) for each in step.collectives],
            "buckets": [
                {
                    "name": turn.bucket.name,
                    "height": turn.bucket.height,
                    "width": turn.bucket.width,
                    "frames": turn.bucket.duration.frames,
                    "tokens_per_sample": turn.bucket.tokens,
                    "share": turn.share,
                    "batch": turn.batch,
                    "micro_batch": turn.micro_batch,
                    "passes": turn.passes,
                    "tokens_per_step": turn.tokens,
                    "off_balance": turn.off,
                    "seconds": turn.time.seconds,
                }
                for turn in phase.turns
            ],
        }


def make_plan(
    preset: str, stage: str, gpu: str, gpus: int, *, pins: Pins | None = None, price: float | None = None
) -> Plan:
    """The plan of a stage on ``gpus`` devices.

    Args:
        preset: Name of a backbone (``models.presets``).
        stage: Name of a stage (``models.curriculum``).
        gpu: Name of a device (``models.planning.gpus``).
        gpus: How many.
        pins: Parts of the layout that are given.
        price: US dollars a device and hour; None: what the table of devices assumes.

    Raises:
        NoPlan: A name is unknown, or the training does not fit.
    """
    for kind, name, table in (("preset", preset, PRESETS), ("stage", stage, STAGES), ("gpu", gpu, GPUS)):
        if name not in table:
            raise NoPlan(f"no {kind} is called {name!r}; there are: {', '.join(table)}")
    chosen, device = STAGES[stage], GPUS[gpu]
    config = chosen.fitted(PRESETS[preset]())
    phases = []
    for phase in chosen.phases:
        problem = Problem(preset, config, chosen, phase, device, gpus, pins or Pins())
        choice = search(problem)
        phases.append(PhasePlan(phase, choice, _turns(problem, choice.layout)))
    return Plan(
        preset, chosen, config, device, gpus, device.price if price is None else price, price is None, tuple(phases)
    )


def _turns(problem: Problem, layout: Layout) -> tuple[Turn, ...]:
    stage = problem.stage
    batches = stage.batches(problem.phase, layout.data)
    held = [batch * bucket.tokens for batch, bucket in zip(batches, stage.buckets, strict=True)]
    middle = (max(held) + min(held)) / 2
    turns = []
    for bucket, batch, share, tokens in zip(stage.buckets, batches, stage.weights(batches), held, strict=True):
        sample = Sample(bucket.tokens, stage.text_tokens)
        own = batch // layout.data
        micro = _micro_batch(problem, layout, sample, own)
        time = step_time(problem.config, layout, problem.gpu, Work(sample, own, micro))
        turns.append(Turn(bucket, share, batch, micro, -(-own // micro), tokens / middle - 1, time))
    return tuple(turns)


def _micro_batch(problem: Problem, layout: Layout, sample: Sample, own: int) -> int:
    """The most samples of a bucket that hold no more tokens than a pass of the largest bucket, and fit with their text.

    Raises:
        NoPlan: Not even one fits.
    """
    most = min(own, layout.micro_batch * problem.stage.largest.tokens // sample.tokens)
    for micro in range(max(1, most), 0, -1):
        passes = -(-own // micro)
        tried = replace(layout, micro_batch=micro, accumulation=passes)
        if memory(problem.config, tried, problem.gpu, sample).total <= problem.gpu.memory:
            return micro
    raise NoPlan(
        f"{problem.name} in stage {problem.stage.name}: a sample of {sample.tokens} tokens does not fit where one of "
        f"{problem.stage.largest.tokens} does: its text of {sample.text_tokens} tokens is too long"
    )
