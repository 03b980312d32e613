"""Filters: a policy asked of every clip in order; the first signal out of bounds is the reason for a rejection."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assets.curation.appearance import hash_distance
from assets.curation.policy import Policy

Clip = dict[str, Any]


@dataclass(frozen=True)
class Rejection:
    """Why a clip is not used: the signal, its value, the threshold it missed, and what else there is to know."""

    signal: str
    value: float
    threshold: float
    detail: str | None = None


@dataclass(frozen=True)
class Filter:
    """A step of the funnel: its name, its rule in words, and what it finds against a clip."""

    name: str
    rule: str
    examine: Callable[[Clip], Rejection | None]


def filters(policy: Policy) -> list[Filter]:
    """The steps of a policy, in order; near copies come last, by ``curate``."""
    return [
        Filter("decodable", "decodes to its end", _decodable),
        _bounds("resolution", f"shorter side >= {policy.min_side} px", _side, low=policy.min_side),
        _bounds(
            "duration",
            f"{policy.min_seconds:g} to {policy.max_seconds:g} s",
            _seconds,
            low=policy.min_seconds,
            high=policy.max_seconds,
        ),
        _bounds("sharpness", f"sharpness >= {policy.min_sharpness:g}", _signal("sharpness"), low=policy.min_sharpness),
        _bounds(
            "motion",
            f"motion {policy.min_motion:g} to {policy.max_motion:g} %",
            _signal("motion"),
            low=policy.min_motion,
            high=policy.max_motion,
        ),
    ]


def curate(clips: Sequence[Clip], policy: Policy) -> list[Clip]:
    """The rows of ``curated.jsonl``: every clip with ``kept`` and ``rejected_by``.

    Of near copies the one with the most pixels is kept, then the sharpest.
    """
    fates: dict[str, Rejection | None] = {clip["id"]: _first(clip, policy) for clip in clips}
    passed = [clip for clip in clips if fates[clip["id"]] is None]
    kept: list[tuple[Clip, np.ndarray]] = []
    for clip in sorted(passed, key=_quality):
        hashes = np.array([int(value, 16) for value in clip["signals"]["hashes"]], dtype=np.uint64)
        copy = next((r for r in (_copy_of(hashes, *other, policy) for other in kept) if r), None)
        fates[clip["id"]] = copy
        if copy is None:
            kept.append((clip, hashes))
    return [{**clip, **_fate(fates[clip["id"]])} for clip in clips]


def _first(clip: Clip, policy: Policy) -> Rejection | None:
    return next((rejection for step in filters(policy) if (rejection := step.examine(clip))), None)


def _fate(rejection: Rejection | None) -> dict[str, Any]:
    return {"kept": rejection is None, "rejected_by": asdict(rejection) if rejection else None}


def _quality(clip: Clip) -> tuple[int, float, str]:
    return -clip["width"] * clip["height"], -clip["signals"]["sharpness"], clip["id"]


def _copy_of(hashes: np.ndarray, other: Clip, other_hashes: np.ndarray, policy: Policy) -> Rejection | None:
    # Each moment of the clip against the nearest one of the other, so a copy may start later or be shorter.
    distance = float(hash_distance(hashes, other_hashes).min(axis=1).mean())
    if distance > policy.max_copy_distance:
        return None
    return Rejection("duplicate", round(distance, 4), policy.max_copy_distance, f"of clip {other['id']}")


def _decodable(clip: Clip) -> Rejection | None:
    return Rejection("decodable", 0.0, 1.0, clip["error"]) if clip["error"] else None


def _side(clip: Clip) -> float:
    return float(min(clip["width"], clip["height"]))


def _seconds(clip: Clip) -> float:
    return round(float(clip["end"] - clip["start"]), 6)


def _signal(name: str) -> Callable[[Clip], float]:
    return lambda clip: float(clip["signals"][name])


def _bounds(
    name: str, rule: str, measure: Callable[[Clip], float], low: float = -np.inf, high: float = np.inf
) -> Filter:
    def examine(clip: Clip) -> Rejection | None:
        value = measure(clip)
        if value < low:
            return Rejection(name, value, float(low))
        return Rejection(name, value, float(high)) if value > high + 1e-3 else None

    return Filter(name, rule, examine)
