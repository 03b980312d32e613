"""Policies: which clips are good enough, as named bounds in the order in which they are asked.

``LOW_RESOLUTION``, ``HIGH_RESOLUTION`` and ``STRICTEST`` are the three stages of data of Movie Gen (3.2.1 and the table
of retention in its appendix). The bounds of the strictest set are the paper's; so are the sizes and lengths of the
other two. What else those two ask is not published: each bound says so that is a choice of ours. The paper's third
stage also wants people in six of ten clips; nothing here recognises people, so no policy asks for them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from assets.curation.measures import MEASURES

Unmeasured = Literal["reject", "pass"]
Sampling = Literal["uniform", "inverse-root"]

# Chosen on copies of the packages' footage and of plain drawn clips; `orchestration.benches.copies`
# measures it on another split and on other copies.
MAX_COPY_RESIDUAL = 0.12


class UnknownPolicy(LookupError):
    """A name that no policy has; the message lists those there are."""


@dataclass(frozen=True)
class Rule:
    """Bounds of one measure; a value equal to a bound is within.

    Attributes:
        measure: Name in ``assets.curation.measures.MEASURES``.
        low, high: Bounds, ``None`` for none.
        unmeasured: What becomes of a clip of which the measure is not known.
    """

    measure: str
    low: float | None = None
    high: float | None = None
    unmeasured: Unmeasured = "reject"

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"no measure is called {self.measure!r}; there are: {', '.join(MEASURES)}")
        if self.low is None and self.high is None:
            raise ValueError(f"a rule on {self.measure} needs a bound")


@dataclass(frozen=True)
class Policy:
    """Rules in order, then the search for copies among the clips that meet them all.

    Attributes:
        max_copy_residual: Two looks that leave at most this share of their variance unexplained are copies (see
            ``assets.curation.copies``).
        sampling: How often training sees a clip: ``uniform``, or in proportion to ``1/sqrt`` of its cluster's size.
        landscape_share: Share of the sampling weight that goes to clips wider than tall; ``None`` leaves it as found.
    """

    name: str
    rules: tuple[Rule, ...]
    max_copy_residual: float
    sampling: Sampling = "uniform"
    landscape_share: float | None = None

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Policy":
        """The policy that ``as_json`` wrote."""
        return cls(**{**value, "rules": tuple(Rule(**rule) for rule in value["rules"])})


SMALL_CORPUS = Policy(
    name="small-corpus",
    rules=(
        Rule("resolution", low=128),
        Rule("duration", low=1.0, high=16.0),
        Rule("sharpness", low=1.0),
        Rule("nsfw", high=0.8, unmeasured="pass"),
        Rule("motion", low=0.1, high=12.0),
    ),
    max_copy_residual=MAX_COPY_RESIDUAL,
)

LOW_RESOLUTION = Policy(
    name="low-resolution",
    rules=(
        Rule("source_duration", low=4.0, high=120.0),
        Rule("resolution", low=720),
        Rule("duration", low=4.0, high=16.0),
        Rule("border", high=0.02),  # ours
        Rule("nsfw", high=0.5),  # ours
        Rule("static", high=0),
        Rule("slideshow", high=0.5, unmeasured="pass"),  # ours; a film of one or two shots has no such measure
        Rule("shots_per_second", high=0.85),
    ),
    max_copy_residual=MAX_COPY_RESIDUAL,
    sampling="inverse-root",
    landscape_share=0.6,
)

HIGH_RESOLUTION = Policy(
    name="high-resolution",
    rules=(
        Rule("source_duration", low=4.0, high=120.0),
        Rule("resolution", low=768),
        Rule("duration", low=4.0, high=16.0),
        Rule("text", high=0.6),  # the strictest set's, taken over
        Rule("border", high=0.02),  # ours
        Rule("aesthetics", low=4.0),  # the strictest set's, taken over
        Rule("nsfw", high=0.5),  # ours
        Rule("static", high=0),
        Rule("slideshow", high=0.5, unmeasured="pass"),  # ours; a film of one or two shots has no such measure
        Rule("motion_score", low=1.0),  # ours: half of the strictest set's
        Rule("shots_per_second", high=0.85),
    ),
    max_copy_residual=MAX_COPY_RESIDUAL,
    sampling="inverse-root",
    landscape_share=0.6,
)

STRICTEST = Policy(
    name="strictest",
    rules=(
        Rule("source_duration", low=4.0, high=120.0),
        Rule("resolution", low=768),
        Rule("aspect", low=1.0),
        Rule("text", high=0.6),
        Rule("border", high=0.0),
        Rule("duration", low=12.0, high=16.0),  # one scene each: clips never span a cut
        Rule("aesthetics", low=4.0),
        Rule("nsfw", high=0.5),  # ours
        Rule("static", high=0),
        Rule("slideshow", high=0.5, unmeasured="pass"),  # ours; a film of one or two shots has no such measure
        Rule("motion_score", low=2.0),
        Rule("motion_vector", low=0.5, high=7.0, unmeasured="pass"),  # intra-only codecs have none
        Rule("shots_per_second", high=0.85),
    ),
    max_copy_residual=MAX_COPY_RESIDUAL,
    sampling="inverse-root",
)

POLICIES = {policy.name: policy for policy in (LOW_RESOLUTION, HIGH_RESOLUTION, STRICTEST, SMALL_CORPUS)}


def policy_named(name: str) -> Policy:
    """The policy of a name. Raises UnknownPolicy."""
    if name not in POLICIES:
        raise UnknownPolicy(f"no policy is called {name!r}; there are: {', '.join(POLICIES)}")
    return POLICIES[name]
