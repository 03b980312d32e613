"""TextStates: prompts as the token states that the backbones attend to."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from serving.sampling.guidance import Condition, Graph

_PADDING = "[PAD]"


def with_fps(prompt: str, fps: int) -> str:
    """``prompt`` behind the FPS token that the model was trained with (Movie Gen 3.1.4)."""
    return f"FPS-{fps}. {prompt}"


@dataclass(frozen=True)
class Tokens:
    """Token ids and mask, int64 [B, L] each."""

    input_ids: np.ndarray
    attention_mask: np.ndarray


class TextStates:
    """Encodes prompts through the ``text_encoder`` graph and keeps the latest results.

    Args:
        graph: input_ids i64 [B, L], attention_mask i64 [B, L] -> states f32 [B, L, D].
        tokenizer: A ``tokenizer.json``.
        length: L: prompts are padded or cut to it.
        fps: Number in the FPS token.
        keep: How many prompts are remembered.
    """

    def __init__(self, graph: Graph, tokenizer: Path, *, length: int, fps: int, keep: int = 64) -> None:
        self._graph = graph
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(length)
        self._tokenizer.enable_padding(
            length=length, pad_token=_PADDING, pad_id=self._tokenizer.token_to_id(_PADDING) or 0
        )
        self._fps = fps
        self._keep = keep
        self._known: OrderedDict[str, tuple[np.ndarray, np.ndarray]] = OrderedDict()

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        """Ids and masks of ``texts`` as they stand."""
        encodings = self._tokenizer.encode_batch(list(texts))
        return Tokens(
            np.array([encoding.ids for encoding in encodings], dtype=np.int64),
            np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64),
        )

    def prompts(self, prompts: Sequence[str]) -> Condition:
        """``text`` f32 [B, L, D] and ``text_mask`` bool [B, L] of prompts, behind the FPS token."""
        return self._encode([with_fps(prompt, self._fps) for prompt in prompts])

    def null(self, batch: int) -> Condition:
        """The condition that guidance starts from: the empty text, without FPS token, ``batch`` times."""
        return self._encode([""] * batch)

    def _encode(self, texts: Sequence[str]) -> Condition:
        for text in texts:
            if text not in self._known:
                tokens = self.tokenize([text])
                # One by one: a prompt's states then never depend on the batch that it came in.
                states = self._graph(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
                self._known[text] = (states[0].astype(np.float32), tokens.attention_mask[0].astype(bool))
        found = [self._known[text] for text in texts]
        for text in texts:
            self._known.move_to_end(text)
        while len(self._known) > self._keep:
            self._known.popitem(last=False)
        return {"text": np.stack([states for states, _ in found]), "text_mask": np.stack([mask for _, mask in found])}
