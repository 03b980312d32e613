"""Promotion: from the registry's aliases to a decision, and from the decision to what serves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.evaluation.policy import MARGIN, Decision
from assets.evaluation.review import review
from assets.evaluation.samples import Protocol
from assets.ports import Registry


class NothingToPromote(RuntimeError):
    """The registry holds neither a challenger nor a champion."""


@dataclass(frozen=True)
class Outcome:
    """What promotion came to.

    Attributes:
        candidate: The version that was judged.
        serving: The version that serves now; None when the first one was refused.
        decision: Why.
    """

    candidate: int
    serving: int | None
    decision: Decision

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts for the asset's page."""
        difference = self.decision.difference
        facts: dict[str, Any] = {
            "candidate": self.candidate,
            "serving": self.serving or "none",
            "promoted": self.decision.promote,
            "passed": list(self.decision.passed),
            "failures": list(self.decision.failures),
        }
        if difference is not None:
            facts |= {"score_difference": difference.mean, "low": difference.low, "margin": -MARGIN}
        return facts


def promote_challenger(registry: Registry, protocol: Protocol) -> Outcome:
    """Judge the challenger, and let it serve when nothing failed.

    Without a challenger the champion is judged again, and its serving folder exported again if need be: so does a
    promotion end that was killed half-way.

    Raises:
        NothingToPromote: no version was registered.
    """
    champion = registry.aliased("champion")
    candidate = registry.aliased("challenger") or champion
    if candidate is None:
        raise NothingToPromote("no model is registered: materialise model_version first")
    decision = review(candidate, champion, protocol)
    verdict = "promoted" if decision.promote else "refused: " + "; ".join(decision.failures)
    registry.annotate(candidate.number, {"decision": verdict})
    if decision.promote:
        registry.promote(candidate.number)
        return Outcome(candidate.number, candidate.number, decision)
    return Outcome(candidate.number, champion.number if champion else None, decision)
