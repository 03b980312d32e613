"""The plan as text: tables for people, and the assumptions behind the numbers."""

from collections.abc import Iterator, Sequence

from models.planning.communication import LATENCY, LINK_EFFICIENCY
from models.planning.compute import ATTENTION_EFFICIENCY, HIDING, MATRIX_EFFICIENCY, MEMORY_EFFICIENCY
from models.planning.flops import of_sample
from models.planning.gpus import GIB
from models.planning.parameters import count
from models.planning.plan import PhasePlan, Plan, Turn
from models.planning.search import words

_BALANCED = 0.1


def report(plan: Plan) -> str:
    """The whole plan."""
    return "\n".join([*_head(plan), *(line for phase in plan.phases for line in _phase(plan, phase)), *_foot(plan)])


def _head(plan: Plan) -> Iterator[str]:
    parameters, stage, gpu = count(plan.config), plan.stage, plan.gpu
    flops = of_sample(plan.config, stage.largest.tokens, stage.text_tokens)
    yield f"{plan.preset} in stage {stage.name} on {plan.gpus:,} x {gpu.name} ({gpu.memory_gib:g} GiB each)"
    yield f"parameters   {parameters.core / 1e9:.3f} B core, {parameters.total / 1e9:.3f} B in all"
    yield (
        f"tokens       {stage.largest.tokens:,} a sample of the largest bucket "
        f"({'x'.join(map(str, stage.largest.grid))}), {stage.text_tokens} of text"
    )
    yield (
        f"operations   {flops.training:.4g} a sample, forward and backward, "
        f"{flops.attention / flops.forward:.0%} of them attention (in full, no mask)"
    )
    mix = "images alone" if stage.images_alone else f"{stage.images_a_video:g} images for each video"
    yield f"data         {mix}; learning rate {stage.learning_rate:g} to {stage.learning_rate_last:g}"


def _phase(plan: Plan, phase: PhasePlan) -> Iterator[str]:
    layout, gpu = phase.choice.layout, plan.gpu
    yield ""
    published = f"the paper's 30B model had {phase.phase.gpus:,} devices"
    yield f"== {phase.phase.iterations:,} iterations at a batch of {phase.phase.batch_size:,} ({published}) =="
    yield f"layout       {words(layout)}; {layout.gpus:,} devices busy, {plan.gpus - layout.gpus:,} idle"
    yield from (f"why          {line}" for line in _why(plan, phase))
    passes = max(turn.passes for turn in phase.turns)
    if passes > 1:
        yield (
            f"passes       gradients of up to {passes} passes add up to a step: the training loop of this repository "
            "does not do that yet, a rank takes its share of a step in one pass"
        )
    yield f"time         {phase.seconds:.2f} s a step on average, MFU {phase.mfu(gpu):.1%}, {phase.days:.2f} days"
    yield f"a step       {phase.tokens:.4g} tokens, {phase.useful:.4g} operations"
    step = phase.largest.time
    yield (
        f"largest      {step.seconds:.2f} s: matrices {step.matrices:.2f}, attention {step.attention:.2f}, elementwise "
        f"{step.elementwise:.2f}, update {step.update:.2f}, waiting for exchanges {step.exposed:.2f}"
    )
    yield ""
    yield from _memory(plan, phase)
    yield ""
    if phase.largest.time.collectives:
        yield from _exchanges(phase)
        yield ""
    yield from _buckets(phase)


def _why(plan: Plan, phase: PhasePlan) -> Iterator[str]:
    choice, layout, gpu = phase.choice, phase.choice.layout, plan.gpu
    yield f"fastest of {choice.fitting} layouts that fit, of {choice.legal} legal ones"
    if choice.runner_up is not None:
        other, seconds = choice.runner_up
        yield f"next: {words(other)}: {seconds:.2f} s for the largest bucket, not {phase.largest.time.seconds:.2f}"
    if layout.sequence > 1:
        held = -(-plan.stage.largest.tokens // layout.sequence)
        yield f"{layout.sequence} ranks share a sample: {held:,} tokens on each"
    if layout.recomputed:
        yield (
            f"{layout.recomputed} of {plan.config.layers} blocks recomputed: with one fewer, {gpu.memory_gib:g} GiB "
            "would be exceeded"
        )


def _memory(plan: Plan, phase: PhasePlan) -> Iterator[str]:
    need, gpu = phase.choice.memory, plan.gpu
    rows = [(cause, f"{size / GIB:.2f}") for cause, size in need.causes.items() if size]
    rows.append(("in all", f"{need.total / GIB:.2f} of {gpu.memory_gib:g}"))
    yield from _table(("memory of a device, at its fullest: " + need.moment, "GiB"), rows)
    kept, recomputed = (f"{size / GIB:.2f}" for size in plan.activations(phase))
    yield f"activations with nothing recomputed {kept} GiB, with all blocks recomputed {recomputed}"


def _exchanges(phase: PhasePlan) -> Iterator[str]:
    rows = [
        (
            each.purpose,
            each.kind,
            f"{each.ranks:,}",
            each.over,
            f"{each.bytes / 1e9:.2f}",
            f"{each.seconds:.3f}",
            "beside arithmetic" if each.hidden else "waited for",
        )
        for each in phase.largest.time.collectives
    ]
    yield from _table(("a step of the largest bucket exchanges", "how", "ranks", "over", "GB a device", "s", ""), rows)


def _buckets(phase: PhasePlan) -> Iterator[str]:
    """One row for all buckets of as many frames and tokens: their steps do the same."""
    alike: dict[tuple[int, int], list[Turn]] = {}
    for turn in phase.turns:
        alike.setdefault((turn.bucket.duration.frames, turn.bucket.tokens), []).append(turn)
    rows = [
        (
            f"{', '.join(dict.fromkeys(turn.bucket.aspect for turn in turns))}",
            f"{', '.join(dict.fromkeys(turn.bucket.duration.name for turn in turns))}",
            f"{turns[0].bucket.width}x{turns[0].bucket.height}x{frames}",
            f"{tokens:,}",
            f"{turns[0].batch:,}",
            f"{turns[0].micro_batch} x {turns[0].passes}",
            f"{turns[0].tokens / 1e6:.1f}",
            f"{turns[0].off:+.1%}",
            f"{sum(turn.share for turn in turns):.1%}",
            f"{turns[0].time.seconds:.2f}",
        )
        for (frames, tokens), turns in alike.items()
    ]
    titles = ("bucket", "length", "pixels", "tokens", "batch", "micro x passes", "M tokens", "off", "of steps", "s")
    yield from _table(titles, rows)
    worst = max(abs(turn.off) for turn in phase.turns)
    if worst > _BALANCED:
        yield (
            f"tokens of steps differ by {worst:.0%} from the middle: {phase.largest.batch // phase.choice.layout.data} "
            "samples a group of ranks are too few to even them out"
        )


def _foot(plan: Plan) -> Iterator[str]:
    gpu = plan.gpu
    assumed = " (assumed; --price gives another)" if plan.price_assumed else ""
    yield ""
    yield (
        f"in all       {plan.days:.2f} days, {plan.days * 24 * plan.gpus:,.0f} device hours, "
        f"{plan.cost:,.0f} USD at {plan.price:g} an hour{assumed}"
    )
    yield ""
    yield "Assumed, not measured:"
    yield (
        f"- matrix products reach {MATRIX_EFFICIENCY:.0%} of {gpu.tflops:g} TFLOP/s, attention "
        f"{ATTENTION_EFFICIENCY:.0%}, memory {MEMORY_EFFICIENCY:.0%} of {gpu.memory_tb_s:g} TB/s"
    )
    yield (
        f"- collectives reach {LINK_EFFICIENCY:.0%} of {gpu.link_gb_s:g} GB/s one way in a machine of {gpu.node} and "
        f"of {gpu.network_gbit_s:g} Gbit/s a device between machines; {LATENCY * 1e6:.0f} us a call and doubling"
    )
    yield f"- weights travel beside {HIDING:.0%} of the arithmetic; nothing else is hidden; restarts and data are free"
    yield (
        f"- {gpu.runtime_gib:g} GiB a device for the driver and libraries, {gpu.reserve:.0%} of its memory for "
        "fragmentation"
    )
    yield "- every video bucket is equally likely; the published batch is the largest bucket's; 4:3 and 3:4 are ours"
    yield "- AdamW with float32 states and average; every phase on all devices given"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    for row in (titles, *rows):
        first = row[0].ljust(widths[0])
        cells = [first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()
