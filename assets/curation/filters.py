"""Filters: a policy asked of every clip. Everything against a clip is recorded; the first of it decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assets.curation.copies.look import Look
from assets.curation.copies.search import search
from assets.curation.measures import MEASURES, Clip
from assets.curation.policy import Policy, Rule

NOT_MEASURED = "not measured"
_ROUNDING = 1e-3  # of times and shares
_DUPLICATE, _COPY = "duplicate", "copy of clip "


@dataclass(frozen=True)
class Rejection:
    """Why a clip is not used: the signal, its value, the threshold it missed, and what else there is to know.

    ``value`` is ``None`` exactly where ``detail`` begins with ``not measured``.
    """

    signal: str
    value: float | None
    threshold: float
    detail: str | None = None

    def words(self) -> str:
        """The reason in a line."""
        if self.value is None:
            return f"{self.signal} {self.detail} (limit {self.threshold:g})"
        detail = f", {self.detail}" if self.detail else ""
        return f"{self.signal} {self.value:g} (limit {self.threshold:g}){detail}"


@dataclass(frozen=True)
class Filter:
    """A step of the funnel: its name, its rule in words, and what it finds against a clip."""

    name: str
    rule: str
    examine: Callable[[Clip], Rejection | None]


def filters(policy: Policy) -> list[Filter]:
    """The steps of a policy, in order; copies come last, by ``curate``."""
    return [Filter("decodable", "decodes to its end", _decodable), *(_filter(rule) for rule in policy.rules)]


def curate(clips: Sequence[Clip], policy: Policy) -> list[Clip]:
    """The rows of ``curated.jsonl``: every clip with its fate.

    ``kept``; ``rejections``, everything that speaks against it, in the policy's order; ``rejected_by``, the first of
    these or ``None``. Of copies the one with the most pixels is kept, then the sharpest. A clip that does not decode
    has nothing else to be asked of.
    """
    clips = _with_source_seconds(clips)
    steps = filters(policy)
    against = {clip["id"]: _against(clip, steps) for clip in clips}
    passed = [clip for clip in clips if not against[clip["id"]]]
    for identity, rejection in _copies(passed, policy).items():
        against[identity].append(rejection)
    return [{**_plain(clip), **_fate(against[clip["id"]])} for clip in clips]


def copied(rejection: Mapping[str, Any]) -> str | None:
    """The id of the clip that a clip of ``curated.jsonl`` is a copy of, from a rejection of it; of others ``None``."""
    _, found, better = (rejection["detail"] or "").rpartition(_COPY)
    return better if found and rejection["signal"] == _DUPLICATE else None


def _with_source_seconds(clips: Sequence[Clip]) -> list[Clip]:
    """Clips with ``source_seconds``: where the last clip of the same file ends (clips lie without gaps)."""
    ends: dict[str, float] = {}
    for clip in clips:
        ends[clip["source"]] = max(ends.get(clip["source"], 0.0), clip["end"])
    return [{**clip, "source_seconds": ends[clip["source"]]} for clip in clips]


def _plain(clip: Clip) -> Clip:
    return {key: value for key, value in clip.items() if key != "source_seconds"}


def _against(clip: Clip, steps: Sequence[Filter]) -> list[Rejection]:
    if broken := _decodable(clip):
        return [broken]
    return [found for step in steps if (found := step.examine(clip))]


def _fate(rejections: Sequence[Rejection]) -> dict[str, Any]:
    found = [asdict(rejection) for rejection in rejections]
    return {"kept": not found, "rejected_by": found[0] if found else None, "rejections": found}


def _copies(clips: Sequence[Clip], policy: Policy) -> dict[str, Rejection]:
    """What is against clips that are copies of better ones, by id; clips without a look cannot be judged."""
    ordered = sorted(clips, key=_quality)
    seen = [clip for clip in ordered if clip.get("look")]
    limit = policy.max_copy_residual
    found = {clip["id"]: Rejection(_DUPLICATE, None, limit, NOT_MEASURED) for clip in ordered if not clip.get("look")}
    pairs = sorted(
        search([Look.unpacked(clip["look"]) for clip in seen], limit).pairs,
        key=lambda pair: (pair.second, pair.match.residual),
    )
    for pair in pairs:  # the better of a pair comes first, and its own fate is settled by then
        better, worse = seen[pair.first]["id"], seen[pair.second]["id"]
        if better not in found and worse not in found:
            how = ("mirrored " if pair.match.mirrored else "") + _COPY + better
            found[worse] = Rejection(_DUPLICATE, round(pair.match.residual, 4), limit, how)
    return found


def _quality(clip: Clip) -> tuple[int, float, str]:
    return -clip["width"] * clip["height"], -clip["signals"].get("sharpness", 0.0), clip["id"]


def _decodable(clip: Clip) -> Rejection | None:
    return Rejection("decodable", 0.0, 1.0, clip["error"]) if clip["error"] else None


def _filter(rule: Rule) -> Filter:
    measure = MEASURES[rule.measure]

    def examine(clip: Clip) -> Rejection | None:
        value = measure.read(clip)
        bounds = [bound for bound in (rule.low, rule.high) if bound is not None]
        if value is None:
            why = measure.why_missing(clip)
            detail = f"{NOT_MEASURED}: {why}" if why else NOT_MEASURED
            return None if rule.unmeasured == "pass" else Rejection(rule.measure, None, float(bounds[0]), detail)
        if rule.low is not None and value < rule.low - _ROUNDING:
            return Rejection(rule.measure, value, float(rule.low))
        if rule.high is not None and value > rule.high + _ROUNDING:
            return Rejection(rule.measure, value, float(rule.high))
        return None

    return Filter(rule.measure, _words(rule), examine)


def _words(rule: Rule) -> str:
    measure = MEASURES[rule.measure]
    unit = f" {measure.unit}" if measure.unit else ""
    if rule.low is not None and rule.high is not None:
        said = f"{measure.words} {rule.low:.3g} to {rule.high:.3g}{unit}"
    elif rule.low is not None:
        said = f"{measure.words} >= {rule.low:.3g}{unit}"
    elif rule.high == 0 and not measure.unit:
        said = f"not {measure.words}"
    else:
        said = f"{measure.words} <= {rule.high:.3g}{unit}"
    return said + (", if measured" if rule.unmeasured == "pass" else "")
