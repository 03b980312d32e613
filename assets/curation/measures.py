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
        signal: Name under ``signals`` of what it is read from; ``None`` for what every clip has.
    """

    words: str
    unit: str
    read: Callable[[Clip], float | None]
    signal: str | None = None

    def why_missing(self, clip: Clip) -> str | None:
        """Why the clip's signal was not measured, where whoever measures has said so (``signals["missing"]``)."""
        reason = clip["signals"].get("missing", {}).get(self.signal)
        return None if reason is None else str(reason)


def _of_signal(name: str, words: str, unit: str = "") -> Measure:
    def read(clip: Clip) -> float | None:
        value = clip["signals"].get(name)
        return None if value is None else float(value)

    return Measure(words, unit, read, name)


def _seconds(clip: Clip) -> float:
    return round(float(clip["end"] - clip["start"]), 6)


MEASURES = {
    "source_duration": Measure("source", "s", lambda clip: clip.get("source_seconds")),
    "resolution": Measure("shorter side", "px", lambda clip: float(min(clip["width"], clip["height"]))),
    "aspect": Measure("width / height", "", lambda clip: round(clip["width"] / clip["height"], 4)),
    "duration": Measure("clip", "s", _seconds),
    "sharpness": _of_signal("sharpness", "sharpness"),
    "text": _of_signal("text_score", "text score"),
    "border": _of_signal("border", "border", "of the frame"),
    "aesthetics": _of_signal("aesthetics", "aesthetics", "of 10"),
    "nsfw": _of_signal("nsfw", "NSFW score"),
    "static": _of_signal("static", "static"),
    "slideshow": _of_signal("slideshow", "slideshow", "of the time"),
    "motion": _of_signal("motion", "motion", "%"),
    "motion_score": _of_signal("motion_score", "VMAF motion"),
    "motion_vector": _of_signal("vector_length", "motion vectors", "px a frame"),
    "shake": _of_signal("shake", "shake", "% of the width"),
    "shots_per_second": _of_signal("shots_per_second", "shots", "a second"),
}
