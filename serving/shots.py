"""Shots: what a long video shows one after the other, and the windows over its latent frames."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from serving.config import LONGEST
from serving.errors import RequestRefused
from serving.features import LATENT_STRIDE
from serving.windows import Window, spread

Joined = Literal["blended", "continued"]
"""How windows become one video: sampled together and blended at each step, or each going on from those before it."""


class Shot(BaseModel):
    """One prompt for so long.

    Attributes:
        seconds: How long.
        prompt: What to show.
        cut: Whether it begins with a cut; else the shot before fades into it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(gt=0, le=LONGEST, allow_inf_nan=False)
    prompt: str = Field(min_length=1)
    cut: bool = False


def lasting(prompt: str, frames: int, fps: int) -> Shot:
    """One shot of a prompt with at least so many frames: it ends with a whole latent frame."""
    return Shot(seconds=min(LATENT_STRIDE * -(-frames // LATENT_STRIDE) / fps, LONGEST), prompt=prompt)


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
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise RequestRefused(f"{path} is no list of shots with seconds, prompt and cut: {error}") from error


@dataclass(frozen=True)
class Plan:
    """Where shots and windows lie, in latent frames.

    Attributes:
        shots: Where each is shown; one begins where the last ends.
        windows: In order, each with the number of the shot whose prompt it takes.
        takes: What lies between cuts.
        joined: How the windows are.
    """

    shots: tuple[Window, ...]
    windows: tuple[tuple[Window, int], ...]
    takes: tuple[Window, ...]
    joined: Joined = "blended"

    @property
    def length(self) -> int:
        """Latent frames in all."""
        return self.shots[-1].stop

    @property
    def told(self) -> str:
        """How windows are joined and where there are cuts, in words: for records."""
        longest = max(window.length for window, _ in self.windows)
        cuts = "".join(f", cut at {take.start}" for take in self.takes[1:])
        places = hashlib.sha256(repr(self.windows).encode()).hexdigest()[:8]
        return f"{len(self.windows)} {self.joined} windows of {longest} latent frames{cuts} (layout {places})"


def laid_out(shots: Sequence[Shot], rate: float, size: int, overlap: int, joined: Joined = "blended") -> Plan:
    """Windows over shots. A shot without a cut before it reaches into the one before.

    Blended windows are evenly spread over each shot, and reach half the overlap into its neighbours. Continued ones
    begin with ``overlap`` latent frames of what is there already; the last of a shot, with as many as make it full.

    Args:
        shots: At least one.
        rate: Latent frames a second; a shot begins at whole ones, and the last one ends with one that holds its end.
        size: Latent frames of a window at most.
        overlap: Those that neighbours share at least.
        joined: How windows become one video.

    Raises:
        RequestRefused: no shots, one shorter than a latent frame, or windows that never get on.
    """
    if not shots:
        raise RequestRefused("a long video needs at least one shot")
    least = 1 if joined == "continued" else 0
    if size <= least:
        raise RequestRefused(f"a continued window of {size} latent frame has none to go on from: give at least 2")
    if not least <= overlap < size:
        raise RequestRefused(f"windows of {size} latent frames cannot overlap by {overlap}: {least} up to {size - 1}")
    placed = _placed(shots, rate)
    cuts = [index for index, shot in enumerate(shots) if index == 0 or shot.cut]
    ends = [placed[index].start for index in cuts[1:]] + [placed[-1].stop]
    takes = tuple(Window(placed[index].start, end) for index, end in zip(cuts, ends, strict=True))
    windows: list[tuple[Window, int]] = []
    for number, place in enumerate(placed):
        take = next(take for take in takes if take.start <= place.start < take.stop)
        found = _blended(place, take, size, overlap) if joined == "blended" else _continued(place, take, size, overlap)
        windows += [(window, number) for window in found]
    return Plan(tuple(placed), tuple(windows), takes, joined)


def _placed(shots: Sequence[Shot], rate: float) -> list[Window]:
    placed: list[Window] = []
    seconds = 0.0
    for number, shot in enumerate(shots, 1):
        start = round(seconds * rate)
        seconds += shot.seconds
        last = number == len(shots)
        stop = -(-round(seconds * rate * LATENT_STRIDE) // LATENT_STRIDE) if last else round(seconds * rate)
        if stop <= start:
            raise RequestRefused(f"a shot of {shot.seconds:g} s is too short: give at least {1 / rate:g} s")
        placed.append(Window(start, stop))
    return placed


def _blended(place: Window, take: Window, size: int, overlap: int) -> list[Window]:
    start = max(take.start, place.start - overlap // 2)
    stop = min(take.stop, place.stop + overlap - overlap // 2)
    return [Window(start + one.start, start + one.stop) for one in spread(stop - start, size, overlap)]


def _continued(place: Window, take: Window, size: int, overlap: int) -> list[Window]:
    windows, drawn = [], place.start
    while drawn < place.stop:
        stop = min(max(take.start, drawn - overlap) + size, place.stop)
        windows.append(Window(max(take.start, min(drawn - overlap, stop - size)), stop))
        drawn = stop
    return windows
