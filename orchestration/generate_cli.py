"""``cinemill generate``: clips from the champion, and every choice of how they are sampled."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from serving.home import Home

if TYPE_CHECKING:
    from serving.media.resize import Resolution
    from serving.sampling.sampler import StudentSteps
    from serving.sampling.schedule import Schedule
    from serving.shots import Joined, Shot
    from serving.studio import Made

_out = Console(highlight=False, soft_wrap=True, emoji=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class Aspect(StrEnum):
    """Aspect ratios of deliverables."""

    square = "1:1"
    wide = "16:9"
    tall = "9:16"
    broad = "4:3"
    upright = "3:4"


class Height(StrEnum):
    """Resolutions of deliverables."""

    p480 = "480p"
    p720 = "720p"
    p1080 = "1080p"

    @property
    def field(self) -> "Resolution":
        """The same in the spelling of :mod:`serving.media.resize`."""
        names: dict[str, Resolution] = {"480p": "480p", "720p": "720p", "1080p": "1080p"}
        return names[self.value]


class ScheduleName(StrEnum):
    """How the times of sampling are spaced."""

    uniform = "uniform"
    linear_quadratic = "linear-quadratic"
    shifted = "shifted"

    @property
    def field(self) -> "Schedule":
        """The same in the sampler's spelling."""
        names: dict[str, Schedule] = {"uniform": "uniform", "shifted": "shifted"}
        return names.get(self.value, "linear_quadratic")


class SolverName(StrEnum):
    """How the flow is integrated."""

    euler = "euler"
    midpoint = "midpoint"
    heun = "heun"


class Joining(StrEnum):
    """How the windows of a long video become one."""

    blended = "blended"
    continued = "continued"

    @property
    def field(self) -> "Joined":
        """The same in the spelling of :mod:`serving.shots`."""
        names: dict[str, Joined] = {"blended": "blended", "continued": "continued"}
        return names[self.value]


class WrongOptions(ValueError):
    """Options of a command that contradict each other."""


_SAMPLING = "Sampling (the model's own unless given)"


_LONG = "Long video"


def _option(text: str, **limits: Any) -> Any:
    return typer.Option(help=text, rich_help_panel=_SAMPLING, **limits)


def generate(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The mp4; of several, -1, -2, ... comes after its name.")
    ],
    prompt: Annotated[list[str] | None, typer.Argument(help="What to show; several are sampled together.")] = None,
    seed: Annotated[list[int] | None, typer.Option(min=0, help="Of the noise: one, or one for each prompt.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.04, help="Length; else 4 s. 0.04 is one picture; long ones are blended windows."),
    ] = None,
    fps: Annotated[
        int | None, typer.Option(min=1, help="Frames a second, of those that the model knows: 16 if not given, or 24.")
    ] = None,
    size: Annotated[Aspect, typer.Option(help="Aspect ratio.")] = Aspect.wide,
    resolution: Annotated[Height, typer.Option(help="The shorter side in pixels.")] = Height.p480,
    sound: Annotated[bool, typer.Option(help="Whether to make sound.")] = True,
    memory: Annotated[
        int | None, typer.Option(metavar="MIB", min=1, help="What pictures may take from latent to file: in tiles.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Picture that the clip begins with.")
    ] = None,
    last_image: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Picture that the clip ends with.")
    ] = None,
    rewrite: Annotated[
        bool,
        typer.Option("--rewrite", help="Reword the prompt like training captions: by CINEMILL_REWRITER_URL, or rules."),
    ] = False,
    shot: Annotated[
        list[str] | None,
        typer.Option(metavar="'SECONDS: PROMPT'", help="A shot of a long video; repeatable.", rich_help_panel=_LONG),
    ] = None,
    shots: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="YAML or JSON: a list of seconds, prompt, cut.", rich_help_panel=_LONG
        ),
    ] = None,
    joined: Annotated[
        Joining | None,
        typer.Option(
            help="Windows sampled together, without seams (blended, if not given), or each going on from the last.",
            rich_help_panel=_LONG,
        ),
    ] = None,
    window: Annotated[
        int | None, typer.Option(min=1, help="Latent frames (of 8) sampled at once.", rich_help_panel=_LONG)
    ] = None,
    overlap: Annotated[
        int | None, typer.Option(min=0, help="Latent frames that two windows share.", rich_help_panel=_LONG)
    ] = None,
    steps: Annotated[int | None, _option("How many.", min=1)] = None,
    solver: Annotated[SolverName | None, _option("Midpoint and Heun evaluate the model twice a step.")] = None,
    schedule: Annotated[ScheduleName | None, _option("Spacing of the steps.")] = None,
    emulate: Annotated[
        int | None, _option("Steps of the uniform schedule that linear-quadratic starts like.", min=1)
    ] = None,
    shift: Annotated[float | None, _option("Strength of the shifted schedule; above 1 towards the noise.")] = None,
    guidance: Annotated[float | None, _option("Scale of classifier-free guidance; 1 is none.")] = None,
    guidance_interval: Annotated[
        tuple[float, float] | None, _option("Times with guidance, from 0 (noise) to 1.", metavar="FROM TO")
    ] = None,
    cache: Annotated[
        float | None, _option("Reuse velocities that are wrong by at most this share, as calibrated; 0.05 is little.")
    ] = None,
    student: Annotated[
        int | None, _option("Let the model's few-step student sample, in 1, 2 or 4 steps.", metavar="1|2|4")
    ] = None,
) -> None:
    """A clip with sound from the champion, marked and signed; or a long video of shots."""
    from orchestration.tables import stage_progress
    from serving.rewriting import configured
    from serving.sampling.sampler import Overrides
    from serving.studio import Studio

    prompts, listed = prompt or [], listed_shots(shot, shots)
    pictures = {"image": image, "last_image": last_image}
    windows: dict[str, Any] = {"window": window, "overlap": overlap}
    windows |= {} if joined is None else {"joined": joined.field}
    refuse_contradictions(
        prompts,
        listed,
        {"seconds": seconds, "rewrite": rewrite or None, **pictures},
        windows,
    )
    overrides = Overrides(
        solver=None if solver is None else solver.value,
        schedule=None if schedule is None else schedule.field,
        steps=steps,
        emulated_steps=emulate,
        shift=shift,
        guidance=guidance,
        guidance_interval=guidance_interval,
        cache=cache,
        student=student_steps(student),
    )
    rewriter = configured() if rewrite else None
    seeds = seeds_of(seed or [0], len(prompts) or 1)
    budget = None if memory is None else memory << 20
    studio = Studio(Home.from_env())
    with stage_progress(_err) as report:
        common: dict[str, Any] = {
            "aspect": size.value,
            "fps": fps,
            "resolution": resolution.field,
            "overrides": overrides,
            "audio": sound,
            "memory": budget,
            "progress": report,
        }
        if listed:
            made = [studio.long(listed, output, seed=seeds[0], **windows, **common)]
        else:
            outputs, length = outputs_of(output, len(prompts)), 4.0 if seconds is None else seconds
            common |= {"rewriter": rewriter, **pictures}
            made = studio.generate(prompts, outputs, seeds, seconds=length, **common)
    for one in made:
        print_made(one)


def print_made(made: "Made") -> None:
    """What was written, in two to four lines."""
    height, width = made.size
    _out.print(f"{made.path}  {width}x{height}, {made.seconds:.2f} s, model version {made.model_version}")
    _out.print(f"sha256 {made.sha256}")
    if made.rewrite is not None:
        _out.print(f"prompt rewritten by {made.rewrite.rewriter}: {made.rewrite.text}", markup=False)
    if made.unread:
        _out.print(f"the prompt is longer than the model reads; it did not read: {made.unread}", markup=False)


def listed_shots(written: list[str] | None, file: Path | None) -> list["Shot"]:
    """The shots of repeated options, or of a file; raises WrongOptions for both."""
    from serving.shots import parsed, read

    if written and file is not None:
        raise WrongOptions("give shots by --shot or by --shots, not by both")
    return read(file) if file is not None else [parsed(text) for text in written or ()]


def refuse_contradictions(
    prompts: Sequence[str],
    shots: Sequence["Shot"],
    only_clips: Mapping[str, object],
    only_long: Mapping[str, object],
) -> None:
    """Raise WrongOptions unless there are prompts or shots, and only options that go with them (others are None)."""
    if bool(prompts) == bool(shots):
        raise WrongOptions("give either prompts or shots" + (", not both" if prompts else ""))
    kind, others = ("shots", only_clips) if shots else ("prompts", only_long)
    for name, value in others.items():
        if value is not None:
            raise WrongOptions(f"--{name.replace('_', '-')} does not combine with {kind}")


def student_steps(number: int | None) -> "StudentSteps | None":
    """The number of a student's steps. Raises WrongOptions for one that there is not."""
    allowed: dict[int | None, StudentSteps | None] = {None: None, 1: 1, 2: 2, 4: 4}
    if number not in allowed:
        raise WrongOptions(f"--student takes 1, 2 or 4, not {number}")
    return allowed[number]


def seeds_of(given: list[int], prompts: int) -> list[int]:
    """A seed for each prompt: those given, or that one and those after it. Raises WrongOptions for another number."""
    if len(given) == 1:
        return list(range(given[0], given[0] + prompts))
    if len(given) != prompts:
        raise WrongOptions(f"{prompts} prompts need one --seed, or one each, not {len(given)}")
    return given


def outputs_of(output: Path, prompts: int) -> list[Path]:
    """Where the clip of each prompt goes: several are numbered from 1."""
    if prompts == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, prompts + 1)]
