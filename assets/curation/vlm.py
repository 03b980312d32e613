"""Captions by a vision-language model behind an OpenAI-compatible endpoint."""

import base64
import io
import math
from typing import Any

from assets.curation.captioner import Caption
from assets.curation.loading import load_clip
from serving.openai_endpoint import ChatClient

VARIABLES = "CINEMILL_CAPTIONER"
_INSTRUCTION = (
    "These are frames of one video clip, in order. Describe in one paragraph of about 100 words what the clip shows: "
    "subjects, their actions, setting, light and style. Say only what can be seen. Do not mention frames or images."
)
_MAX_TOKENS = 300


class VlmCaptioner:
    """Sends frames of a clip as JPEG data URLs, and takes the answer for the caption.

    The confidence is the geometric mean of the probabilities of the answer's tokens where the endpoint gives them,
    else there is none.

    Args:
        client: Asks the model.
        frames: How many frames, evenly spread.
        side: Pixels of a frame's longer side.
    """

    def __init__(self, client: ChatClient, *, frames: int = 8, side: int = 512) -> None:
        self.name = f"vlm:{client.endpoint.model}"
        self._client = client
        self._frames = frames
        self._side = side

    def caption(self, clip: dict[str, Any], footage: dict[str, Any]) -> Caption:
        """See ``Captioner``.

        Raises:
            serving.openai_endpoint.CompletionFailed: No usable answer, after all attempts.
            serving.openai_endpoint.EndpointUnavailable: The endpoint cannot be used at all.
            assets.curation.loading.ClipUnreadable: The clip's frames cannot be read.
        """
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in self._data_urls(clip, footage)]
        message = {"role": "user", "content": [{"type": "text", "text": _INSTRUCTION}, *pictures]}
        said = self._client.complete([message], max_tokens=_MAX_TOKENS, logprobs=True)
        levels = said.log_probabilities
        confidence = round(min(1.0, math.exp(sum(levels) / len(levels))), 4) if levels else None
        return Caption(said.text, confidence, self.name)

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
