"""Clips: spans of one shot, at most 16 seconds, with the look and the signals that filters and captions read."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.curation.analysis import Analysis, analyse
from assets.curation.spans import Span
from assets.ingestion.isolation import Isolated, IsolatedFailure
from models.files import sha256_json

NO_SHOT = "no shot"  # begins the error of a film that gives no clip
ANALYSIS_SECONDS = 1800.0  # for any film
# More for each frame, and for each pixel of it: ten times what a core of 2020 takes.
_FRAME_SECONDS, _PIXEL_SECONDS = 0.025, 50e-9


@dataclass(frozen=True)
class Measured:
    """A clip of a film: its span in seconds, its signals, and its look or None."""

    span: Span
    signals: dict[str, Any]
    look: str | None


def split(footage: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of ``clips.jsonl`` for the usable rows of ``footage.jsonl``.

    A file that cannot be decoded to its end, or measured, or has no shot becomes one row whose ``error`` says why, for
    the filters to reject.
    """
    with Isolated(measure, seconds=ANALYSIS_SECONDS) as isolated:
        return [clip for row in footage if row["status"] == "ok" for clip in _clips(row, isolated)]


def measure(path: Path) -> list[Measured]:
    """The clips of a film, in order.

    Raises:
        ValueError: The file holds no frame, or a signal of it is no finite number.
        av.FFmpegError: Its pictures cannot be decoded to their end.
    """
    analysis = analyse(path)
    return [
        Measured(span, _finite(signals(analysis, *span), span), look)
        for span, look in zip(analysis.spans, analysis.looks, strict=True)
    ]


def _clips(row: dict[str, Any], isolated: Isolated[Path, list[Measured]]) -> list[dict[str, Any]]:
    try:
        found = isolated(Path(row["path"]), _analysis_seconds(row))
    except IsolatedFailure as error:
        return [_row(row, 0.0, row["duration"], {}, look=None, error=str(error))]
    if not found:
        why = f"{NO_SHOT}: it is a single picture, or all of it one transition"
        return [_row(row, 0.0, row["duration"], {}, look=None, error=why)]
    return [_row(row, *clip.span, clip.signals, look=clip.look, error=None) for clip in found]


def _finite(measured: dict[str, Any], span: Span) -> dict[str, Any]:
    """The signals of a span, for which JSON has numbers. Raises ValueError."""
    for name, value in measured.items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError as error:
            raise ValueError(f"{name} from {span[0]:.2f} to {span[1]:.2f} s is no finite number") from error
    return measured


def _analysis_seconds(row: dict[str, Any]) -> float:
    """How long the analysis of a usable row of ``footage.jsonl`` may take: by its frames, and by their pixels."""
    frames = row["duration"] * row["fps"]
    return round(ANALYSIS_SECONDS + frames * (_FRAME_SECONDS + _PIXEL_SECONDS * row["width"] * row["height"]))


def _row(
    row: dict[str, Any], start: float, end: float, measured: dict[str, Any], *, look: str | None, error: str | None
) -> dict[str, Any]:
    start, end = round(start, 6), round(end, 6)
    return {
        "id": sha256_json([row["id"], start, end])[:32],
        "source": row["id"],
        "start": start,
        "end": end,
        "width": row["width"],
        "height": row["height"],
        "fps": row["fps"],
        "signals": measured,
        "look": look,
        "error": error,
    }


def signals(analysis: Analysis, start: float, end: float) -> dict[str, Any]:
    """What is known of a span: the values that each track's ``result`` documents, and some of the whole film.

    - ``shots_per_second``: shots over length (Movie Gen 3.2.1 asks for less than 0.85 against shake and montage);
    - ``slideshow``: share of the film's time in static shots, 0..1;
    - ``missing``: why a value is None, by its name.
    """
    measured: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for track in analysis.tracks:
        found = track.result(start, end)
        missing |= found.pop("missing", {})
        measured |= found
    length = analysis.shots[-1][1] - analysis.shots[0][0]
    measured["shots_per_second"] = round(len(analysis.shots) / length, 4) if length > 0 else None
    measured["slideshow"] = None if analysis.slideshow is None else round(analysis.slideshow, 4)
    if analysis.slideshow is None:
        missing["slideshow"] = "the film has fewer than three shots"
    return {**measured, "missing": missing}
