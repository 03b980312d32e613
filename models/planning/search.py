"""The search for a layout: the fastest of those that fit, or why none does and what would."""

import math
from dataclasses import dataclass, field, replace

from models.curriculum import STAGES, FullStage, Phase
from models.planning.compute import StepTime, Work, step_time
from models.planning.errors import NoPlan
from models.planning.gpus import GIB, Gpu
from models.planning.layout import Layout, Pins, Space
from models.planning.memory import Memory, Sample, memory
from models.recipes import BackboneConfig

_MOST_GPUS = 1 << 17


@dataclass(frozen=True)
class Problem:
    """One phase of a stage, to be laid over devices.

    Attributes:
        name: Of the model, for messages.
        config: With position tables that hold the stage.
        gpus: Devices there are.
    """

    name: str
    config: BackboneConfig
    stage: FullStage
    phase: Phase
    gpu: Gpu
    gpus: int
    pins: Pins = field(default_factory=Pins)

    @property
    def sample(self) -> Sample:
        """The largest."""
        return Sample(self.stage.largest.tokens, self.stage.text_tokens)

    @property
    def space(self) -> Space:
        """The legal layouts."""
        tokens = math.gcd(*(bucket.tokens for bucket in self.stage.buckets))
        return Space(self.config, self.gpu, self.gpus, self.phase.batch_size, self.pins, tokens)

    def memory(self, layout: Layout) -> Memory:
        """What a layout needs on each device."""
        return memory(self.config, layout, self.gpu, self.sample)

    def time(self, layout: Layout) -> StepTime:
        """A step of the largest bucket."""
        own = layout.micro_batch * layout.accumulation
        return step_time(self.config, layout, self.gpu, Work(self.sample, own, layout.micro_batch))


@dataclass(frozen=True)
class Choice:
    """A layout that fits.

    Attributes:
        runner_up: The fastest layout that differs in more than its micro-batch and its recomputed blocks, with its
            seconds; None if there is no other.
        legal, fitting: How many layouts there were, and how many of them fit.
    """

    layout: Layout
    memory: Memory
    runner_up: tuple[Layout, float] | None
    legal: int
    fitting: int


def search(problem: Problem) -> Choice:
    """The layout with the least time for a step of the largest bucket, recomputing as few blocks as memory allows.

    Raises:
        NoPlan: None fits; the message says what exceeds what, and what would fit.
    """
    legal = list(problem.space.layouts())
    ranked = []
    for layout in legal:
        fitting = with_least_recomputing(problem, layout)
        if fitting is not None:
            ranked.append((problem.time(fitting).seconds, _simplicity(fitting), fitting))
    if not ranked:
        raise NoPlan(_refusal(problem, legal))
    ranked.sort(key=lambda entry: entry[:2])
    best = ranked[0][2]
    others = ((layout, seconds) for seconds, _, layout in ranked if _frame(layout) != _frame(best))
    return Choice(best, problem.memory(best), next(others, None), len(legal), len(ranked))


def with_least_recomputing(problem: Problem, layout: Layout) -> Layout | None:
    """The layout with as few recomputed blocks as fit; None if no number of them does.

    All but the last is the most that helps: one block is whole in any case while its backward pass runs.
    """
    low, high = 0, problem.config.layers - 1
    if not _fits(problem, replace(layout, recomputed=high)):
        return None
    while low < high:
        middle = (low + high) // 2
        if _fits(problem, replace(layout, recomputed=middle)):
            high = middle
        else:
            low = middle + 1
    return replace(layout, recomputed=low)


def least_memory(problem: Problem) -> tuple[Layout, Memory] | None:
    """The layout that needs the least memory; None if no layout is legal."""
    leanest = [
        replace(layout, recomputed=recomputed)
        for layout in problem.space.layouts(smallest=True)
        for recomputed in (0, problem.config.layers - 1)
    ]
    if not leanest:
        return None
    needs = [(problem.memory(layout), layout) for layout in leanest]
    need, layout = min(needs, key=lambda entry: entry[0].total)
    return layout, need


def smallest_fleet(problem: Problem) -> int | None:
    """The fewest devices that fit (whole machines above one), None up to 131,072 of them."""
    low, high = 0, 1  # does not fit, may fit
    while not _any_fits(replace(problem, gpus=high)):
        low, high = high, high * 2
        if high > _MOST_GPUS:
            return None
    grain = problem.gpu.node if high > problem.gpu.node else 1
    while high - low > grain:
        middle = (low + high) // 2 // grain * grain
        if middle <= low:
            break
        if _any_fits(replace(problem, gpus=middle)):
            high = middle
        else:
            low = middle
    return high


def _fits(problem: Problem, layout: Layout) -> bool:
    return problem.memory(layout).total <= problem.gpu.memory


def _any_fits(problem: Problem) -> bool:
    found = least_memory(problem)
    return found is not None and found[1].total <= problem.gpu.memory


def _frame(layout: Layout) -> tuple[int, ...]:
    return layout.zero, layout.tensor, layout.ulysses, layout.context


def _simplicity(layout: Layout) -> tuple[int, ...]:
    return layout.sequence, layout.zero, layout.tensor, -layout.micro_batch


def _refusal(problem: Problem, legal: list[Layout]) -> str:
    what = f"{problem.name} in stage {problem.stage.name} on {problem.gpus} x {problem.gpu.name}"
    found = least_memory(problem)
    if not legal or found is None:
        return (
            f"{what}: no legal layout is as pinned: heads ({problem.config.heads}) must divide by tensor x ulysses, "
            f"the tokens of every bucket (multiples of {problem.space.tokens}) by tensor x ulysses x context, which "
            f"must not exceed the devices, a tensor group must lie in a machine of {problem.gpu.node}, the batch of "
            f"{problem.phase.batch_size} must divide: pin less"
        )
    layout, need = found
    cause, most = max(need.causes.items(), key=lambda entry: entry[1])
    return (
        f"{what} does not fit: the leanest layout ({words(layout)}) needs {need.total / GIB:.1f} GiB on each of them, "
        f"of {problem.gpu.memory_gib:.1f}; most of it is {cause}, {most / GIB:.1f} GiB. What would fit: "
        + "; ".join(_remedies(problem))
    )


def _remedies(problem: Problem) -> list[str]:
    found = []
    if problem.pins != Pins() and _any_fits(replace(problem, pins=Pins())):
        found.append("these, with less pinned")
    fleet = smallest_fleet(problem)
    if fleet is not None:
        found.append(f"{fleet} x {problem.gpu.name}")
    for stage in STAGES.values():
        other = replace(problem, stage=stage, phase=stage.phases[0], config=stage.fitted(problem.config))
        if stage.largest.tokens < problem.stage.largest.tokens and _any_fits(other):
            found.append(f"stage {stage.name} on these")
    return found or ["a smaller preset, or devices with more memory: no number of these does"]


def words(layout: Layout) -> str:
    """A layout on one line."""
    parts = [f"ZeRO {layout.zero}", f"TP {layout.tensor}", f"Ulysses {layout.ulysses}", f"CP {layout.context}"]
    parts += [f"DP {layout.data}", f"micro-batch {layout.micro_batch} x {layout.accumulation}"]
    return ", ".join([*parts, f"{layout.recomputed} blocks recomputed"])
