"""Clips: spans of one shot, at most 16 seconds, with the signals that filters and captions read."""

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from assets.curation.analysis import SAMPLE_RATE, Analysis, analyse
from assets.curation.appearance import COLOURS
from assets.ingestion.isolation import Isolated, IsolatedFailure
from models.files import sha256_json

MAX_SECONDS = 16.0  # the generator's context (Movie Gen 3.2.1)
ANALYSIS_SECONDS = 1800.0
_HASHES_A_SECOND = 1.0


def split(footage: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of ``clips.jsonl`` for the usable rows of ``footage.jsonl``.

    A file that cannot be decoded to its end becomes one row whose ``error`` says why, for the filters to reject.
    """
    with Isolated(analyse, seconds=ANALYSIS_SECONDS) as isolated:
        return [clip for row in footage if row["status"] == "ok" for clip in _clips(row, isolated)]


def _clips(row: dict[str, Any], isolated: Isolated[Path, Analysis]) -> list[dict[str, Any]]:
    try:
        analysis = isolated(Path(row["path"]))
    except IsolatedFailure as error:
        return [_row(row, 0.0, row["duration"], {}, str(error))]
    spans = [span for shot in analysis.shots for span in _cut(*shot)]
    return [_row(row, start, end, signals(analysis, start, end), None) for start, end in spans]


def _cut(start: float, end: float) -> Iterator[tuple[float, float]]:
    """A shot in equal parts of at most ``MAX_SECONDS``."""
    parts = max(1, math.ceil((end - start) / MAX_SECONDS - 1e-6))
    bounds = [start + (end - start) * part / parts for part in range(parts + 1)]
    return pairwise(bounds)


def _row(row: dict[str, Any], start: float, end: float, measured: dict[str, Any], error: str | None) -> dict[str, Any]:
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
        "error": error,
    }


def signals(analysis: Analysis, start: float, end: float) -> dict[str, Any]:
    """What is known of a span.

    ``motion``: mean change of brightness between samples 1/16 s apart, in percent. ``shift``: mean movement of the
    whole picture, right and down, in widths a second; ``steadiness``: how much it keeps one direction, 0..1.
    ``colours``: the most frequent, with shares. ``hashes``: one a second, hexadecimal.
    """
    inside = np.flatnonzero((analysis.seconds >= start - 1e-6) & (analysis.seconds < end - 1e-6))
    if inside.size == 0:  # a span of a frame or two between samples
        inside = np.array([int(np.abs(analysis.seconds - start).argmin())])
    # The first sample's change is measured against the span before.
    change = analysis.change[inside[1:]]
    shift = analysis.shift[inside[1:]]
    mean_shift = shift.mean(axis=0) if len(shift) else np.zeros(2)
    travelled = np.hypot(*shift.T).mean() if len(shift) else 0.0
    shares = analysis.colours[inside].mean(axis=0)
    every = max(1, round(SAMPLE_RATE / _HASHES_A_SECOND))
    return {
        "motion": round(float(change.mean()) * 100, 4) if len(change) else 0.0,
        "sharpness": round(float(np.median(analysis.sharpness[inside])), 4),
        "brightness": round(float(analysis.brightness[inside].mean()), 4),
        "shift": [round(float(value), 4) for value in mean_shift],
        "steadiness": round(float(np.hypot(*mean_shift) / travelled), 4) if travelled > 0 else 0.0,
        "colours": [[COLOURS[i], round(float(shares[i]), 4)] for i in np.argsort(-shares, kind="stable")[:3]],
        "hashes": [f"{int(value):016x}" for value in analysis.hashes[inside[every // 4 :: every]]]
        or [f"{int(analysis.hashes[inside[0]]):016x}"],
    }
