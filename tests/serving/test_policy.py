import re

import pytest

from serving.policy import RULES


@pytest.mark.parametrize("rule", RULES)
def test_every_pattern_compiles_and_does_not_match_nothing(rule):
    for pattern in RULES[rule]:
        assert re.compile(pattern).search("a red ball on a blue table") is None
        assert re.compile(pattern).search("") is None
