"""What the bench of sampling leaves for people: speed against score, clips side by side, and what combines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from assets.evaluation.prompts import Prompt
from assets.pictures import contact_sheet
from models.files import atomic_path
from orchestration.benches.sampling.measured import KEPT, Measured, drawn, interval, keeps, speedup
from orchestration.benches.sampling.options import BASELINE, Option
from serving.media.sheet import stills
from serving.pipeline import Pipeline

_SIDE_BY_SIDE = ("linear_quadratic_25", "student_1", "student_4")
_STILLS = 4


def curve(path: Path, options: Sequence[Option], found: Mapping[str, Measured]) -> Path:
    """Seconds a clip against the checkers' score of each option, with 95% intervals, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    axes = figure.subplots()
    for option in options:
        one = found[option.name]
        low, high = interval(one.scores)
        axes.errorbar(
            one.median,
            one.score,
            [[one.score - low], [high - one.score]],
            fmt="s" if option.overrides.student else "^" if option.overrides.cache else "o",
            capsize=3,
            label=option.told,
        )
    axes.axhline(
        KEPT * found[BASELINE].score, color="black", linewidth=0.8, linestyle=":", label=f"{KEPT:.0%} of 250 steps"
    )
    axes.set_xscale("log")
    axes.set_xlabel("seconds a clip (2 s at 64 x 64 pixels), sampling and decoding")
    axes.set_ylabel("checker score")
    axes.grid(visible=True, which="both", alpha=0.25)
    figure.legend(frameon=False, fontsize=8, loc="outside right upper")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path


def students(path: Path, pipeline: Pipeline, options: Sequence[Option], prompts: Sequence[Prompt]) -> Path:
    """A row of each prompt as the teacher, the student in one step and the student in four draw it, as a PNG."""
    shown = [option for option in options if option.name in _SIDE_BY_SIDE]
    clips = {option.told: drawn(pipeline, option, prompts, range(len(prompts))) for option in shown}
    cells = [
        (stills(clips[told][row], _STILLS), f"{told}: {prompt.text}")
        for row, prompt in enumerate(prompts)
        for told in clips
    ]
    return contact_sheet(path, cells, columns=len(shown))


def table(options: Sequence[Option], found: Mapping[str, Measured], allowed: Mapping[str, Mapping[str, bool]]) -> str:
    """The options with speed and score, and which switches combine, as Markdown."""
    lines = [
        "| sampling | seconds a clip | times as fast | checker score (95%) | keeps 95% |",
        "|---|---|---|---|---|",
    ]
    for option in options:
        one = found[option.name]
        low, high = interval(one.scores)
        kept = "yes" if keeps(found, option.name) else "no"
        lines.append(
            f"| {option.told} | {one.median:.3f} | {speedup(found, option.name):.1f} "
            f"| {one.score:.3f} ({low:.3f} to {high:.3f}) | {kept} |"
        )
    return "\n".join([*lines, "", *_combinations(allowed)]) + "\n"


def _combinations(allowed: Mapping[str, Mapping[str, bool]]) -> list[str]:
    lines = ["| switch | combines with | is refused with |", "|---|---|---|"]
    for switch, others in allowed.items():
        sides = [
            ", ".join(f"`{o}`" if o.startswith("--") else o for o, may in others.items() if may is want)
            for want in (True, False)
        ]
        lines.append(f"| `{switch}` | {sides[0] or 'nothing'} | {sides[1] or 'nothing'} |")
    return lines
