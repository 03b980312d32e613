import json

import pytest

from assets.curation.policy import POLICIES, Policy, Rule, UnknownPolicy, policy_named


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_policy_survives_json(policy):
    assert Policy.from_json(json.loads(json.dumps(policy.as_json()))) == policy


def test_an_unknown_policy_is_an_error_that_lists_the_known():
    with pytest.raises(UnknownPolicy, match="strictest, small-corpus"):
        policy_named("lenient")


@pytest.mark.parametrize("wrong", [{"measure": "beauty", "low": 1}, {"measure": "motion"}])
def test_a_rule_on_nothing_is_refused(wrong):
    with pytest.raises(ValueError):
        Rule(**wrong)
