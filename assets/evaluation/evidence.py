"""Evidence: everything that a promotion may rest on, as one JSON document beside the model in the registry."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.files import read_json

EVIDENCE = "evidence.json"


class EvidenceUnreadable(RuntimeError):
    """An evidence document lacks a field, or one has the wrong type; the message names the field."""


@dataclass(frozen=True)
class Evidence:
    """What was measured of one serving bundle.

    Attributes:
        bundle_digest: Digest of the bundle that was measured: evidence of another bundle proves nothing.
        protocol: Names prompts, judges, seeds, sampler and sizes: scores compare within one protocol only.
        parity: Largest absolute difference of each exported graph from its torch twin.
        parity_tolerance: The largest difference allowed.
        safety: Each safety gate and whether it passed. ``export``: a sample with sound and lighter variants agree too.
        loss: Validation flow loss (fixed noise and times).
        loss_untrained: The same of a randomly initialised model.
        loss_shuffled: The same of the model when captions are exchanged between clips.
        scores: Checker score in [0, 1] of each evaluation prompt.
        metrics: Every other figure of the evaluation: for people, never for the decision.
    """

    bundle_digest: str
    protocol: str
    parity: Mapping[str, float]
    parity_tolerance: float
    safety: Mapping[str, bool]
    loss: float
    loss_untrained: float
    loss_shuffled: float
    scores: Mapping[str, float]
    metrics: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "Evidence":
        """Read a document back. Raises EvidenceUnreadable; nothing missing gets a default."""
        try:
            return cls(
                bundle_digest=str(value["bundle_digest"]),
                protocol=str(value["protocol"]),
                parity={str(key): float(item) for key, item in value["parity"].items()},
                parity_tolerance=float(value["parity_tolerance"]),
                safety={str(key): item is True for key, item in value["safety"].items()},
                loss=float(value["loss"]),
                loss_untrained=float(value["loss_untrained"]),
                loss_shuffled=float(value["loss_shuffled"]),
                scores={str(key): float(item) for key, item in value["scores"].items()},
                metrics={str(key): float(item) for key, item in value["metrics"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EvidenceUnreadable(
                f"evidence.json: {type(error).__name__}: {error}; register the model again"
            ) from error


def read_metrics(folder: Path) -> dict[str, float]:
    """The figures in the evidence beside a serving model (``var/champion``)."""
    return dict(Evidence.from_json(read_json(folder / EVIDENCE)).metrics)
