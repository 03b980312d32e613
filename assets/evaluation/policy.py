"""The promotion policy: a pure function from evidence to a decision."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assets.evaluation.evidence import Evidence

REQUIRED_GATES = ("prompt_screening", "watermark", "provenance")
MARGIN = 0.10
"""How much checker score (of 1) a challenger may lose: about what one of twenty prompts and a half weighs."""
CONFIDENCE = 0.95
UNTRAINED_SHARE = 0.9
"""Share of an untrained model's loss that a model must stay below: weights in random order may reach a little less."""
_RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A mean difference and its two-sided confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and every reason for or against, in words.

    Attributes:
        promote: True when no gate failed.
        failures: What failed; empty when ``promote``.
        passed: What was checked and held.
        difference: Challenger minus champion in paired checker score, when there was a champion.
    """

    promote: bool
    failures: tuple[str, ...]
    passed: tuple[str, ...]
    difference: Interval | None = None


def decide(challenger: Evidence, champion: Evidence | None, *, intact: str | None) -> Decision:
    """Whether ``challenger`` may serve.

    Every model needs integrity, parity, safety, a validation loss clearly below an untrained model's, and below its own
    with shuffled captions. Against a champion it must also be non-inferior: the lower end of the paired 95% interval
    of the checker scores on the same prompts lies above ``-MARGIN``.

    Args:
        challenger: Evidence read back from the registry.
        champion: The same of the serving model, or None for a first champion.
        intact: The digest recomputed from the registered bundle's files, or None when a file is damaged.
    """
    gates = [
        _integrity(challenger, intact),
        _parity(challenger),
        *_safety(challenger),
        _below(challenger.loss, UNTRAINED_SHARE * challenger.loss_untrained, "nine tenths of an untrained model's"),
        _below(challenger.loss, challenger.loss_shuffled, "that of the same model with shuffled captions"),
        _scores(challenger),
    ]
    difference = None
    if champion is not None:
        gate, difference = _not_worse(challenger, champion)
        gates.append(gate)
    failures = tuple(text for held, text in gates if not held)
    return Decision(not failures, failures, tuple(text for held, text in gates if held), difference)


def paired_interval(left: Mapping[str, float], right: Mapping[str, float]) -> Interval:
    """Mean of ``left - right`` over their common keys, with a percentile bootstrap interval over the pairs.

    The resampling seed is fixed: the same evidence always gives the same decision.
    """
    keys = sorted(left)
    differences = np.array([left[key] - right[key] for key in keys])
    picks = np.random.default_rng(0).integers(0, len(keys), size=(_RESAMPLES, len(keys)))
    means = differences[picks].mean(axis=1)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(differences.mean()), float(low), float(high))


Gate = tuple[bool, str]


def _integrity(challenger: Evidence, intact: str | None) -> Gate:
    if intact is None:
        return False, "integrity: a file of the registered bundle is missing or damaged"
    if intact != challenger.bundle_digest:
        return (
            False,
            f"integrity: evidence is of bundle {challenger.bundle_digest[:12]}, the registry holds {intact[:12]}",
        )
    return True, f"integrity: every file of bundle {intact[:12]} matches its SHA-256"


def _parity(challenger: Evidence) -> Gate:
    # `not (x <= limit)` also catches NaN.
    over = {key: value for key, value in challenger.parity.items() if not value <= challenger.parity_tolerance}
    if not challenger.parity:
        return False, "parity: no graph was compared with torch"
    if over:
        return False, f"parity: {over} differ from torch by more than {challenger.parity_tolerance:g}"
    worst = max(challenger.parity.values())
    return True, f"parity: {len(challenger.parity)} graphs within {worst:.1e} of torch"


def _safety(challenger: Evidence) -> list[Gate]:
    names = sorted({*REQUIRED_GATES, *challenger.safety})
    return [
        (
            challenger.safety.get(name, False),
            f"safety: {name} {'held' if challenger.safety.get(name) else 'failed or missing'}",
        )
        for name in names
    ]


def _below(loss: float, other: float, what: str) -> Gate:
    held = math.isfinite(loss) and math.isfinite(other) and loss < other
    return held, f"validation flow loss {loss:.4f} {'below' if held else 'not below'} {other:.4f}, {what}"


def _scores(challenger: Evidence) -> Gate:
    held = bool(challenger.scores) and all(math.isfinite(value) for value in challenger.scores.values())
    return (
        held,
        f"checker scores of {len(challenger.scores)} prompts {'are there' if held else 'are missing or not finite'}",
    )


def _not_worse(challenger: Evidence, champion: Evidence) -> tuple[Gate, Interval | None]:
    if (
        challenger.protocol != champion.protocol
        or set(challenger.scores) != set(champion.scores)
        or not champion.scores
    ):
        return (False, "champion: evidence is not comparable (another protocol or other prompts)"), None
    interval = paired_interval(challenger.scores, champion.scores)
    held = interval.low >= -MARGIN
    text = (
        f"champion: checker score differs by {interval.mean:+.3f} "
        f"[{interval.low:+.3f}, {interval.high:+.3f}], margin -{MARGIN:g}"
    )
    return (held, text), interval
