"""Shots: what a long video shows one after the other, and the windows over its latent frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from serving.errors import RequestRefused
from serving.windows import Window, spread


class Shot(BaseModel):
    """One prompt for so long.

    Attributes:
        seconds: How long.
        prompt: What to show.
        cut: Whether it begins with a cut; else the shot before fades into it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(gt=0, le=600, allow_inf_nan=False)
    prompt: str = Field(min_length=1)
    cut: bool = False


def parsed(text: str) -> Shot:
    """A shot written as ``SECONDS: PROMPT``. Raises RequestRefused for anything else."""
    seconds, colon, prompt = text.partition(":")
    try:
        return Shot(seconds=float(seconds if colon else "nan"), prompt=prompt.strip())
    except ValueError as error:
        raise RequestRefused(f"a shot is written as 'SECONDS: PROMPT', not {text!r}: {error}") from error


def read(path: Path) -> list[Shot]:
    """The shots of a YAML or JSON file: a list of ``seconds``, ``prompt`` and, where wanted, ``cut: true``.

    Raises:
        RequestRefused: the file cannot be read as one.
    """
    import yaml

    try:
        return TypeAdapter(list[Shot]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise RequestRefused(f"{path} is no list of shots with seconds, prompt and cut: {error}") from error


@dataclass(frozen=True)
class Plan:
    """Where shots and windows lie, in latent frames.

    Attributes:
        shots: Where each is shown; one begins where the last ends.
        windows: In order, each with the number of the shot whose prompt it takes.
        takes: What lies between cuts.
    """

    shots: tuple[Window, ...]
    windows: tuple[tuple[Window, int], ...]
    takes: tuple[Window, ...]

    @property
    def length(self) -> int:
        """Latent frames in all."""
        return self.shots[-1].stop


def laid_out(shots: Sequence[Shot], rate: float, size: int, overlap: int) -> Plan:
    """Windows over shots: evenly spread over each, reaching half the overlap into the next unless that is a cut.

    Args:
        shots: At least one.
        rate: Latent frames a second; a shot begins and ends at whole ones.
        size: Latent frames of a window at most.
        overlap: Those that neighbours share at least.

    Raises:
        RequestRefused: no shots, one shorter than a latent frame, or windows that never get on.
    """
    if not shots:
        raise RequestRefused("a long video needs at least one shot")
    if not 0 <= overlap < size:
        raise RequestRefused(f"windows of {size} latent frames cannot overlap by {overlap}: 0 up to {size - 1}")
    placed: list[Window] = []
    seconds = 0.0
    for shot in shots:
        start = round(seconds * rate)
        seconds += shot.seconds
        if round(seconds * rate) == start:
            raise RequestRefused(f"a shot of {shot.seconds:g} s is too short: give at least {1 / rate:g} s")
        placed.append(Window(start, round(seconds * rate)))
    cuts = [index for index, shot in enumerate(shots) if index == 0 or shot.cut]
    ends = [placed[index].start for index in cuts[1:]] + [placed[-1].stop]
    takes = tuple(Window(placed[index].start, end) for index, end in zip(cuts, ends, strict=True))
    windows: list[tuple[Window, int]] = []
    for number, place in enumerate(placed):
        take = next(take for take in takes if take.start <= place.start < take.stop)
        start = max(take.start, place.start - overlap // 2)
        stop = min(take.stop, place.stop + overlap - overlap // 2)
        inside = spread(stop - start, size, overlap)
        windows += [(Window(start + one.start, start + one.stop), number) for one in inside]
    return Plan(tuple(placed), tuple(windows), takes)
