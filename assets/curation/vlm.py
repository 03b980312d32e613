"""Captions by a vision-language model behind an OpenAI-compatible endpoint (vLLM, llama.cpp, a hosted one)."""

import base64
import io
import json
import logging
import math
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from assets.curation.captioner import Caption
from assets.curation.loading import load_clip

_log = logging.getLogger(__name__)
_URL, _MODEL, _KEY = "CINEMILL_CAPTIONER_URL", "CINEMILL_CAPTIONER_MODEL", "CINEMILL_CAPTIONER_KEY"
_INSTRUCTION = (
    "These are frames of one video clip, in order. Describe in one paragraph of about 100 words what the clip shows: "
    "subjects, their actions, setting, light and style. Say only what can be seen. Do not mention frames or images."
)
_RETRIED = {408, 429, 500, 502, 503, 504}
_LONGEST_WAIT = 30.0  # seconds


class CaptioningFailed(RuntimeError):
    """No caption for a clip; the message names the endpoint and what it said."""


class CaptionerUnavailable(CaptioningFailed):
    """The endpoint cannot be used at all: unreachable, or it refuses our key or model. No clip will fare better."""


class CaptionerMisconfigured(ValueError):
    """An endpoint is named but not what else it takes; the message says which variable is missing."""


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask.

    Attributes:
        url: Base of the API, such as ``http://127.0.0.1:8000/v1``.
        model: Name of the model there.
        key: Bearer token; ``None`` sends none.
        seconds: The longest time for one answer.
        attempts: How often one question is asked before it counts as failed.
    """

    url: str
    model: str
    key: str | None = None
    seconds: float = 120.0
    attempts: int = 4

    def __post_init__(self) -> None:
        # However it was made: urllib would open files and more.
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise CaptionerMisconfigured(f"{_URL} is {self.url!r}: give an http or https address that ends in /v1")

    @classmethod
    def from_env(cls) -> "Endpoint | None":
        """The endpoint of ``CINEMILL_CAPTIONER_URL``, ``_MODEL`` and ``_KEY``; ``None`` where no URL is set.

        Raises:
            CaptionerMisconfigured: The URL is no http(s) address, or the model is missing.
        """
        url = os.environ.get(_URL)
        if not url:
            return None
        model = os.environ.get(_MODEL)
        if not model:
            raise CaptionerMisconfigured(f"{_URL} is set but {_MODEL} is not: name the model to ask for")
        return cls(url.rstrip("/"), model, os.environ.get(_KEY) or None)


class VlmCaptioner:
    """Sends frames of a clip as JPEG data URLs, and takes the answer for the caption.

    The confidence is the geometric mean of the probabilities of the answer's tokens where the endpoint gives them,
    else there is none.

    Args:
        endpoint: Whom to ask.
        frames: How many frames, evenly spread.
        side: Pixels of a frame's longer side.
        wait: Called with the seconds to wait before asking again.
    """

    def __init__(
        self, endpoint: Endpoint, *, frames: int = 8, side: int = 512, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = f"vlm:{endpoint.model}"
        self._endpoint = endpoint
        self._frames = frames
        self._side = side
        self._wait = wait

    def caption(self, clip: dict[str, Any], footage: dict[str, Any]) -> Caption:
        """See ``Captioner``.

        Raises:
            CaptioningFailed: No usable answer, after all attempts.
            CaptionerUnavailable: The endpoint cannot be used at all.
            assets.curation.loading.ClipUnreadable: The clip's frames cannot be read.
        """
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in self._data_urls(clip, footage)]
        question = {
            "model": self._endpoint.model,
            "messages": [{"role": "user", "content": [{"type": "text", "text": _INSTRUCTION}, *pictures]}],
            "max_tokens": 300,
            "temperature": 0,
            "logprobs": True,
        }
        return self._read(self._ask(question))

    def _data_urls(self, clip: dict[str, Any], footage: dict[str, Any]) -> list[str]:
        from PIL import Image

        scale = min(1.0, self._side / max(clip["width"], clip["height"]))
        height, width = (max(1, round(clip[side] * scale)) for side in ("height", "width"))
        span = {"path": footage["path"], "start": clip["start"], "end": clip["end"]}
        rate = self._frames / max(clip["end"] - clip["start"], 1e-3)
        urls = []
        for picture in load_clip(span, height, width, self._frames, rate):
            content = io.BytesIO()
            Image.fromarray(picture).save(content, "JPEG", quality=85)
            urls.append("data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii"))
        return urls

    def _ask(self, question: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._endpoint.key:
            headers["Authorization"] = f"Bearer {self._endpoint.key}"
        address = f"{self._endpoint.url}/chat/completions"
        request = urllib.request.Request(address, json.dumps(question).encode(), headers)  # noqa: S310 - Endpoint takes http(s) only
        for attempt in range(1, self._endpoint.attempts + 1):
            pause = min(2.0 ** (attempt - 1), _LONGEST_WAIT)
            last = attempt == self._endpoint.attempts
            try:
                with urllib.request.urlopen(request, timeout=self._endpoint.seconds) as answer:  # noqa: S310 - as above
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                said = error.read(500).decode("utf-8", errors="replace")
                failure = f"{address} answered {error.code}: {said}"
                if error.code in {401, 403, 404}:
                    raise CaptionerUnavailable(f"{failure}; check {_URL}, {_MODEL} and {_KEY}") from error
                if error.code not in _RETRIED or last:
                    raise CaptioningFailed(failure) from error
                pause = _asked_for(error.headers.get("Retry-After"), pause)
            except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
                failure = f"{address} cannot be reached: {error}"
                if last:
                    raise CaptionerUnavailable(f"{failure}; check {_URL}") from error
            except ValueError as error:
                raise CaptioningFailed(f"{address} answered something that is not JSON: {error}") from error
            _log.warning("%s; asking again in %g s", failure, pause)
            self._wait(pause)
        raise CaptioningFailed(f"{address} was asked {self._endpoint.attempts} times")

    def _read(self, answer: Any) -> Caption:
        try:
            choice = answer["choices"][0]
            text = " ".join(str(choice["message"]["content"] or "").split())
            tokens = (choice.get("logprobs") or {}).get("content") or []
            levels = [float(token["logprob"]) for token in tokens]
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise CaptioningFailed(f"{self._endpoint.url} gave no chat completion: {str(answer)[:300]}") from error
        if not text:
            raise CaptioningFailed(f"{self._endpoint.url} gave an empty answer")
        confidence = round(min(1.0, math.exp(sum(levels) / len(levels))), 4) if levels else None
        return Caption(text, confidence, self.name)


def _asked_for(header: str | None, otherwise: float) -> float:
    """Seconds to wait that a server asks for, within reason."""
    try:
        return min(max(float(header or otherwise), 0.0), _LONGEST_WAIT)
    except ValueError:  # a date
        return otherwise
