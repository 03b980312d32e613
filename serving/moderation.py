"""Moderation: a prompt's verdict under the content policy, by rules first and a classifier of abusive language last.

Simple disguises are seen through (digits for letters, spaced or repeated letters, accents, look-alike widths). What is
only implied, without a tell-tale word, is not: a prompt that passes is not therefore harmless.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from serving.errors import PromptRefused
from serving.policy import RULES

ABUSE = "abusive_language"
ABUSE_PROBABILITY = 0.98  # chosen on VBench's prompts: see the test
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})


@dataclass(frozen=True)
class Verdict:
    """What the policy says of one prompt.

    Attributes:
        allowed: Whether it may be generated.
        rule: The rule that refused it.
        matched: The words that did.
    """

    allowed: bool
    rule: str | None = None
    matched: str | None = None


def screen(prompt: str) -> Verdict:
    """The verdict on ``prompt``: refused by the first rule that matches, or by the classifier."""
    verdict = screen_by_rules(prompt)
    # Loading the classifier takes a second, so it comes last.
    if verdict.allowed and prompt.strip() and _classifier()([_plain(prompt)])[0] >= ABUSE_PROBABILITY:
        return Verdict(allowed=False, rule=ABUSE, matched=prompt.strip()[:80])
    return verdict


def screen_by_rules(text: str) -> Verdict:
    """The rules' verdict alone: for texts that may not be English, where the classifier guesses."""
    readings = dict.fromkeys((_plain(text), _plain(text).translate(_LEET), _undisguised(text)))
    for rule, pattern in _compiled().items():
        for reading in readings:
            if found := pattern.search(reading):
                return Verdict(allowed=False, rule=rule, matched=found.group())
    return Verdict(allowed=True)


def require_allowed(prompt: str) -> None:
    """Raise PromptRefused, naming the rule, unless the policy allows ``prompt``."""
    verdict = screen(prompt)
    if not verdict.allowed:
        raise PromptRefused(str(verdict.rule), str(verdict.matched))


def _plain(text: str) -> str:
    """Lower case, compatibility forms, no accents, no invisible characters, single spaces."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(char for char in folded if unicodedata.category(char) not in {"Mn", "Cf"})
    return re.sub(r"\s+", " ", kept)


def _undisguised(text: str) -> str:
    """Also digits as the letters they resemble, s p a c e d letters joined, repeated letters reduced."""
    text = _plain(text).translate(_LEET)
    text = re.sub(r"\b(?:[a-z][ .*_-]){2,}[a-z]\b", lambda spaced: re.sub(r"[ .*_-]", "", spaced.group()), text)
    text = re.sub(r"(?<=[a-z])[.*_](?=[a-z])", "", text)
    return re.sub(r"([a-z])\1{2,}", r"\1", text)


@cache
def _compiled() -> dict[str, re.Pattern[str]]:
    return {rule: re.compile("|".join(patterns)) for rule, patterns in RULES.items()}


@cache
def _classifier() -> Any:
    from profanity_check import predict_prob

    return predict_prob
