"""A model behind an OpenAI-compatible endpoint (vLLM, llama.cpp, a hosted one): where it is, and how it is asked."""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from serving.errors import ServingError

_log = logging.getLogger(__name__)
_RETRIED = {408, 429, 500, 502, 503, 504}
_LONGEST_WAIT = 30.0  # seconds

Message = Mapping[str, Any]


class CompletionFailed(ServingError):
    """No answer to one question; the message names the endpoint and what it said."""


class EndpointUnavailable(CompletionFailed):
    """The endpoint cannot be used at all: unreachable, or it refuses our key or model. No question will fare better."""


class EndpointMisconfigured(ServingError):
    """An endpoint is named but not what else it takes; the message says which variable is missing."""


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask.

    Attributes:
        url: Base of the API, such as ``http://127.0.0.1:8000/v1``.
        model: Name of the model there.
        variables: What the environment variables begin with that configure it; messages name them.
        key: Bearer token; ``None`` sends none.
        seconds: The longest time for one answer.
        attempts: How often one question is asked before it counts as failed.
    """

    url: str
    model: str
    variables: str
    key: str | None = None
    seconds: float = 120.0
    attempts: int = 4

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise EndpointMisconfigured(
                f"{self.variables}_URL is {self.url!r}: give an http or https address that ends in /v1"
            )

    @classmethod
    def from_env(cls, variables: str) -> "Endpoint | None":
        """The endpoint of the variables ``{variables}_URL``, ``_MODEL`` and ``_KEY``; ``None`` where no URL is set.

        Raises:
            EndpointMisconfigured: The URL is no http(s) address, or the model is missing.
        """
        url = os.environ.get(f"{variables}_URL")
        if not url:
            return None
        model = os.environ.get(f"{variables}_MODEL")
        if not model:
            raise EndpointMisconfigured(f"{variables}_URL is set but {variables}_MODEL is not: name the model to use")
        return cls(url.rstrip("/"), model, variables, os.environ.get(f"{variables}_KEY") or None)


@dataclass(frozen=True)
class Completion:
    """An answer.

    Attributes:
        text: On one line, never empty.
        log_probabilities: Of its tokens; none where the endpoint gives none.
    """

    text: str
    log_probabilities: tuple[float, ...]


class ChatClient:
    """Asks for chat completions, again after a while where the endpoint is busy.

    Args:
        endpoint: Whom to ask.
        wait: Called with the seconds to wait before asking again.
    """

    def __init__(self, endpoint: Endpoint, *, wait: Callable[[float], None] = time.sleep) -> None:
        self.endpoint = endpoint
        self._wait = wait

    def complete(self, messages: Sequence[Message], *, max_tokens: int, logprobs: bool = False) -> Completion:
        """The most likely answer to ``messages``.

        Args:
            messages: Each with ``role`` and ``content``, the last one is to be answered.
            max_tokens: Length that the answer is cut to.
            logprobs: Whether to ask for the tokens' probabilities.

        Raises:
            CompletionFailed: No usable answer, after all attempts.
            EndpointUnavailable: The endpoint cannot be used at all.
        """
        question = {
            "model": self.endpoint.model,
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": 0,
        }
        return self._read(self._ask(question | {"logprobs": True} if logprobs else question))

    def _ask(self, question: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.endpoint.key}"} if self.endpoint.key else {}
        address, variables = f"{self.endpoint.url}/chat/completions", self.endpoint.variables
        for attempt in range(1, self.endpoint.attempts + 1):
            pause = min(2.0 ** (attempt - 1), _LONGEST_WAIT)
            last = attempt == self.endpoint.attempts
            try:
                answer = requests.post(
                    address, json=question, headers=headers, timeout=self.endpoint.seconds, allow_redirects=False
                )
            except requests.RequestException as error:
                failure = f"{address} cannot be reached: {error}"
                if last:
                    raise EndpointUnavailable(f"{failure}; check {variables}_URL") from error
            else:
                if answer.status_code == requests.codes.ok:
                    return _json(address, answer)
                failure = f"{address} answered {answer.status_code}: {answer.text[:500]}"
                if answer.status_code in {401, 403, 404}:
                    raise EndpointUnavailable(f"{failure}; check {variables}_URL, _MODEL and _KEY")
                if answer.status_code not in _RETRIED or last:
                    raise CompletionFailed(failure)
                pause = _asked_for(answer.headers.get("Retry-After"), pause)
            _log.warning("%s; asking again in %g s", failure, pause)
            self._wait(pause)
        raise CompletionFailed(f"{address} was asked {self.endpoint.attempts} times")

    def _read(self, answer: Any) -> Completion:
        try:
            choice = answer["choices"][0]
            text = " ".join(str(choice["message"]["content"] or "").split())
            tokens = (choice.get("logprobs") or {}).get("content") or []
            levels = tuple(float(token["logprob"]) for token in tokens)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise CompletionFailed(f"{self.endpoint.url} gave no chat completion: {str(answer)[:300]}") from error
        if not text:
            raise CompletionFailed(f"{self.endpoint.url} gave an empty answer")
        return Completion(text, levels)


def _json(address: str, answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise CompletionFailed(f"{address} answered something that is not JSON: {error}") from error


def _asked_for(header: str | None, otherwise: float) -> float:
    """Seconds to wait that a server asks for, within reason."""
    try:
        return min(max(float(header or otherwise), 0.0), _LONGEST_WAIT)
    except ValueError:  # a date
        return otherwise
