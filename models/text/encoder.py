"""The interface of text encoders: prompts in, token states out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from models.files import write_text
from models.text.config import TextEncoderConfig
from models.text.tokens import Tokens, tokenize, tokenize_quoted

_BATCH = 64

States = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""States float32 [B, L, D], zero at padding, and mask bool [B, L]."""


class TextEncoder(Protocol):
    """What a network's cross-attention reads texts through."""

    @property
    def name(self) -> str:
        """Of the weights."""
        ...

    @property
    def width(self) -> int:
        """D, of a token's state."""
        ...

    @property
    def length(self) -> int:
        """L: texts are padded or cut to so many tokens."""
        ...

    def encode(self, texts: Sequence[str]) -> States:
        """States and mask of texts as they are to be read: captions with their prefix, and "" for the null condition.

        A text of which the encoder has nothing to say has no real token.
        """
        ...


@dataclass(frozen=True, eq=False)
class FrozenEncoder:
    """A text encoder as a chain of graphs, the first of which takes token ids.

    Attributes:
        name: Of the weights.
        config: What it was made of.
        tokenizer: Of the whole text; None where bytes of what stands in quotes are read instead.
        graphs: By name (``models.export.signatures``). The first is called with ``input_ids`` and ``attention_mask``,
            each further one with the ``states`` of the one before it and ``attention_mask``.
    """

    name: str
    config: TextEncoderConfig
    tokenizer: Tokenizer | None
    graphs: Mapping[str, nn.Module]

    @property
    def width(self) -> int:
        """See ``TextEncoder``."""
        return self.config.width

    @property
    def length(self) -> int:
        """See ``TextEncoder``."""
        return self.config.length

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Token ids and mask."""
        if self.tokenizer is None:
            return tokenize_quoted(texts, self.length)
        return tokenize(texts, self.tokenizer, self.length)

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> States:
        """See ``TextEncoder``."""
        ids, mask = self.tokens(texts)
        states = np.zeros((len(texts), self.length, self.width), dtype=np.float32)
        spoken = np.flatnonzero(mask.any(axis=1))
        for start in range(0, len(spoken), _BATCH):
            rows = spoken[start : start + _BATCH]
            longest = int(mask[rows].sum(axis=1).max())  # states do not depend on the padding, so it is not computed
            states[rows, :longest] = self._states(ids[rows, :longest], mask[rows, :longest])
        return states, mask

    def _states(self, ids: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        first, *further = self.graphs.values()
        attention_mask = torch.from_numpy(mask.astype(np.int64))
        states = first(input_ids=torch.from_numpy(ids), attention_mask=attention_mask)
        for graph in further:
            states = graph(states=states, attention_mask=attention_mask)
        return np.asarray(states.float().numpy() * mask[..., None], dtype=np.float32)

    def save_tokenizer(self, path: Path) -> Path | None:
        """Write the tokenizer as one JSON file, as serving reads it; None where there is none to write."""
        if self.tokenizer is None:
            return None
        write_text(path, self.tokenizer.to_str())
        return path
