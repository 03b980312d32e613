"""Prompt rewriting: what a user typed, brought into the style of training captions (Movie Gen 3.4.1).

The paper has a language model do it. Here rules tidy the prompt, unless ``CINEMILL_REWRITER_URL``, ``_MODEL`` and
``_KEY`` name an OpenAI-compatible endpoint.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from serving.errors import ServingError
from serving.moderation import screen
from serving.openai_endpoint import ChatClient, CompletionFailed, Endpoint, EndpointUnavailable
from serving.text import QUOTED, quoted

VARIABLES = "CINEMILL_REWRITER"
LONGEST = 1_000  # characters; the world's longest captions have 120 words
_MAX_TOKENS = 300
_SHOWN = 200  # characters of an answer in a message
_FEWEST_SHOUTED = 3  # words: "TV" in capitals is no shout
_LETTER = r"[^\W\d_]"
_APART = "\0"  # stands for what is in quotes while the rest is worked on

_INSTRUCTION = (
    "Rewrite the user's prompt for a text-to-video model in the style of the captions that it was trained on: what "
    "there is, in which colour and size, what it does, where, and then what the camera does. Use plain words and 10 to "
    "30 of them, in one paragraph. Keep every thing, colour, motion and place as the prompt has it and add no other "
    "motion. Copy words in double quotes letter by letter. Answer with the rewritten prompt alone."
)
EXAMPLES = (
    ("Star spinning, black bg", "a white star spins on a black background"),
    (
        "red frog jumping!! blue wall, static shot",
        (
            "This is a picture-book scene on a blue background, with one object. In the middle, a red frog jumps. "
            "The camera is static."
        ),
    ),
    (
        'a car goes right, text "SALE"',
        'A drawn scene with one object. A car drives to the right. The words "SALE" are written at the top.',
    ),
)


class RewritingFailed(ServingError):
    """A prompt that could not be rewritten; the message says why and what to do."""

    def __init__(self, prompt: str, reason: str) -> None:
        super().__init__(
            f"the prompt {prompt!r} could not be rewritten: {reason}; try again, or without rewriting "
            f"(--rewrite, or rewrite: true in a brief)"
        )
        self.reason = reason


class RewriterUnavailable(RewritingFailed):
    """The rewriter cannot be asked at all: no prompt will fare better."""


class PromptRewriter(Protocol):
    """Brings prompts into the style of training captions."""

    @property
    def name(self) -> str:
        """What rewrites, for the record."""
        ...

    def rewrite(self, prompt: str) -> str:
        """The prompt in other words, one line. Raises RewritingFailed."""
        ...


@dataclass(frozen=True)
class Rewrite:
    """What a rewriter made of a prompt.

    Attributes:
        prompt: What was asked for.
        text: What the model is given in its place.
        rewriter: What rewrote it.
    """

    prompt: str
    text: str
    rewriter: str

    @property
    def sha256(self) -> str:
        """Hex digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class RuleRewriter:
    """Tidies spaces, punctuation and capitals; every word stays, in its place.

    A prompt of one phrase takes the form of the short captions: an article that it begins with is small, and no full
    stop ends it. Of several sentences, as in the long captions, each begins with a capital and the last one is closed.
    What stands in double quotes is left alone, quotes included.
    """

    name: str = "rules-1"

    def rewrite(self, prompt: str) -> str:
        """See ``PromptRewriter``; never fails."""
        prompt = prompt.replace(_APART, "")
        apart = iter([found.group() for found in QUOTED.finditer(prompt)])
        text = " ".join(QUOTED.sub(_APART, prompt).split())
        if text.isupper() and len(re.findall(r"[^\W\d_]{2,}", text)) >= _FEWEST_SHOUTED:
            text = text.lower()
        text = re.sub(r"([!?,;])(?: *\1)+", r"\1", text)
        text = _sentences(text) if re.search(rf"[.!?] (?:{_LETTER}|{_APART})", text) else _phrase(text)
        return re.sub(_APART, lambda _: next(apart), text)


class EndpointRewriter:
    """Has a language model rewrite prompts, shown the captions' style by examples.

    Of its answer only the words in quotes and the length are checked: that things, colours and motions are kept is
    asked of the model.

    Args:
        client: Asks the model.
    """

    def __init__(self, client: ChatClient) -> None:
        self.name = f"llm:{client.endpoint.model}"
        self._client = client

    def rewrite(self, prompt: str) -> str:
        """See ``PromptRewriter``.

        Raises:
            RewriterUnavailable: The endpoint cannot be used at all.
            RewritingFailed: No answer, or one that changes the words in quotes or is too long.
        """
        turns = [("system", _INSTRUCTION)]
        for asked, answered in EXAMPLES:
            turns += [("user", asked), ("assistant", answered)]
        messages = [{"role": role, "content": content} for role, content in [*turns, ("user", prompt)]]
        try:
            text = self._client.complete(messages, max_tokens=_MAX_TOKENS).text
        except EndpointUnavailable as error:
            raise RewriterUnavailable(prompt, str(error)) from error
        except CompletionFailed as error:
            raise RewritingFailed(prompt, str(error)) from error
        if not quoted(prompt):
            text = re.sub(r'^"([^"]+)"$', r"\1", text)  # models like to quote all that they say
        if quoted(text) != quoted(prompt):
            raise RewritingFailed(prompt, f"{self.name} answered {text[:_SHOWN]!r}, with other words in quotes")
        if len(text) > LONGEST:
            raise RewritingFailed(prompt, f"{self.name} answered {len(text)} characters, more than {LONGEST}")
        return text


RULES = RuleRewriter()


def configured() -> PromptRewriter:
    """A language model where ``CINEMILL_REWRITER_URL`` names one, else the rules.

    Raises:
        serving.openai_endpoint.EndpointMisconfigured: One is named without what else it takes.
    """
    endpoint = Endpoint.from_env(VARIABLES)
    return EndpointRewriter(ChatClient(endpoint)) if endpoint else RULES


def rewrite(prompt: str, rewriter: PromptRewriter) -> Rewrite:
    """``prompt``, which the content policy allows, in the words of ``rewriter``.

    Raises:
        RewritingFailed: There is no answer that can be used, or the content policy refuses it.
    """
    return screened(Rewrite(prompt, rewriter.rewrite(prompt), rewriter.name))


def screened(made: Rewrite) -> Rewrite:
    """``made``, if the content policy allows its text. Raises RewritingFailed, naming the rule."""
    verdict = screen(made.text)
    if not verdict.allowed:
        raise RewritingFailed(
            made.prompt,
            f"the text of {made.rewriter}, {made.text[:_SHOWN]!r}, is refused by rule '{verdict.rule}' "
            f"(matched: {verdict.matched!r})",
        )
    return made


def _phrase(text: str) -> str:
    text = re.sub(r"(?<=[^. ]) *\.$", "", text)
    return re.sub(r"^(?:An?|The)(?= )", lambda article: article.group().lower(), _close_up(text))


def _sentences(text: str) -> str:
    text = re.sub(rf"(?:^|(?<=[.!?] )){_LETTER}", lambda first: first.group().title(), _close_up(text))
    return text if text[-1] in ".!?…" else text.rstrip(" ,;:") + "."


def _close_up(text: str) -> str:
    """``text`` without spaces before punctuation."""
    return re.sub(r" +(?=[,.;:!?](?: |$))", "", text)
