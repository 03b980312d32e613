"""The promotion policy."""

from dataclasses import replace

import numpy as np
import pytest

from assets.evaluation.evidence import Evidence, EvidenceUnreadable
from assets.evaluation.policy import MARGIN, REQUIRED_GATES, decide, paired_interval

DIGEST = "d" * 64


def evidence(**changes):
    good = Evidence(
        bundle_digest=DIGEST,
        protocol="p1",
        parity={"backbone": 1e-6, "autoencoder_decode": 2e-6},
        parity_tolerance=1e-3,
        safety=dict.fromkeys(REQUIRED_GATES, True),
        loss=0.9,
        loss_untrained=2.0,
        loss_shuffled=1.1,
        scores={f"prompt-{index:02d}": float(index % 3) / 3 for index in range(20)},
    )
    return replace(good, **changes)


def shifted(by):
    return {key: value + by for key, value in evidence().scores.items()}


def test_a_first_champion_needs_no_predecessor():
    decision = decide(evidence(), None, intact=DIGEST)
    assert decision.promote
    assert not decision.failures
    assert decision.difference is None


@pytest.mark.parametrize(
    ("changes", "intact", "reason"),
    [
        ({}, None, "integrity"),
        ({}, "e" * 64, "integrity"),
        ({"parity": {"backbone": 0.1}}, DIGEST, "parity"),
        ({"parity": {"backbone": float("nan")}}, DIGEST, "parity"),
        ({"parity": {}}, DIGEST, "parity"),
        ({"safety": dict.fromkeys(REQUIRED_GATES[1:], True)}, DIGEST, REQUIRED_GATES[0]),
        ({"safety": {**dict.fromkeys(REQUIRED_GATES, True), "watermark": False}}, DIGEST, "watermark"),
        ({"safety": {**dict.fromkeys(REQUIRED_GATES, True), "extra": False}}, DIGEST, "extra"),
        ({"loss": 2.0}, DIGEST, "untrained"),
        ({"loss": 1.1}, DIGEST, "shuffled captions"),
        ({"loss": float("nan")}, DIGEST, "untrained"),
        ({"loss": 0.5, "loss_untrained": float("inf")}, DIGEST, "untrained"),
        ({"scores": {}}, DIGEST, "scores"),
        ({"scores": {"a": float("nan")}}, DIGEST, "scores"),
    ],
)
def test_one_failed_gate_refuses_a_model_and_is_named(changes, intact, reason):
    decision = decide(evidence(**changes), None, intact=intact)
    assert not decision.promote
    assert any(reason in failure for failure in decision.failures)


def test_a_challenger_that_scores_clearly_worse_than_the_champion_is_refused():
    decision = decide(evidence(scores=shifted(-0.3)), evidence(), intact=DIGEST)
    assert not decision.promote
    assert decision.difference.mean == pytest.approx(-0.3)


def test_a_challenger_equal_to_the_champion_is_promoted():
    decision = decide(evidence(), evidence(), intact=DIGEST)
    assert decision.promote
    assert decision.difference.low == decision.difference.high == 0


def test_a_loss_inside_the_margin_is_tolerated_and_one_beyond_it_is_not():
    assert decide(evidence(scores=shifted(-0.9 * MARGIN)), evidence(), intact=DIGEST).promote
    assert not decide(evidence(scores=shifted(-1.1 * MARGIN)), evidence(), intact=DIGEST).promote


def test_scores_of_another_protocol_or_other_prompts_are_not_compared():
    for other in (evidence(protocol="p2"), evidence(scores={"another": 1.0})):
        decision = decide(evidence(), other, intact=DIGEST)
        assert any("not comparable" in failure for failure in decision.failures)


def test_the_interval_agrees_with_the_normal_approximation():
    rng = np.random.default_rng(3)
    left = {str(index): value for index, value in enumerate(rng.normal(0.2, 1.0, 400))}
    right = dict.fromkeys(left, 0.0)
    values = np.array(list(left.values()))
    half = 1.96 * values.std() / np.sqrt(len(values))
    interval = paired_interval(left, right)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.01)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.01)


def test_evidence_survives_a_round_trip_and_gaps_are_named():
    document = evidence().to_json()
    assert Evidence.from_json(document) == evidence()
    del document["loss_shuffled"]
    with pytest.raises(EvidenceUnreadable, match="loss_shuffled"):
        Evidence.from_json(document)


def test_a_truthy_string_is_no_passed_gate():
    document = evidence().to_json()
    document["safety"] = dict.fromkeys(REQUIRED_GATES, "yes")
    assert not decide(Evidence.from_json(document), None, intact=DIGEST).promote
