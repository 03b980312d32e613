"""Measures: the numbers of a clip that rules are asked of. What was not measured is ``None``, never a stand-in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Clip = dict[str, Any]


@dataclass(frozen=True)
class Measure:
    """A number of a clip.

    Attributes:
        words: What it is, for people.
        unit: Its unit, or an empty string.
        read: The number in a row of ``clips.jsonl``; ``None`` where it was not measured.
    """

    words: str
    unit: str
    read: Callable[[Clip], float | None]


def _signal(name: str) -> Callable[[Clip], float | None]:
    def read(clip: Clip) -> float | None:
        value = clip["signals"].get(name)
        return None if value is None else float(value)

    return read


def _seconds(clip: Clip) -> float:
    return round(float(clip["end"] - clip["start"]), 6)


MEASURES = {
    "source_duration": Measure("source", "s", lambda clip: clip.get("source_seconds")),
    "resolution": Measure("shorter side", "px", lambda clip: float(min(clip["width"], clip["height"]))),
    "aspect": Measure("width / height", "", lambda clip: round(clip["width"] / clip["height"], 4)),
    "duration": Measure("clip", "s", _seconds),
    "sharpness": Measure("sharpness", "", _signal("sharpness")),
    "text": Measure("text score", "", _signal("text_score")),
    "border": Measure("border", "of the frame", _signal("border")),
    "aesthetics": Measure("aesthetics", "of 10", _signal("aesthetics")),
    "nsfw": Measure("NSFW score", "", _signal("nsfw")),
    "static": Measure("static", "", _signal("static")),
    "slideshow": Measure("slideshow", "", _signal("slideshow")),
    "motion": Measure("motion", "%", _signal("motion")),
    "motion_vector": Measure("motion vector", "px a frame", _signal("motion_vector")),
    "shake": Measure("shake", "", _signal("shake")),
    "shots_per_second": Measure("shots", "a second", _signal("shots_per_second")),
}
