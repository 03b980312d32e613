"""From texts to token ids. Imports no torch.

Serving has the same rules of its own (``serving.text``); a test holds the two together.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.recipes import FPS

Tokens = tuple[NDArray[np.int64], NDArray[np.bool_]]
"""Ids int64 [B, L] and mask bool [B, L]."""

_PAD, _END, _FIRST_BYTE = 0, 1, 3  # ids of ByT5
_QUOTED = re.compile('"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»')


def prefixed(caption: str, fps: int = FPS) -> str:
    """The caption as the text encoders read it: the frame rate before it (Movie Gen 3.1.4)."""
    return f"FPS-{fps}. {caption}"


def tokenize(texts: Sequence[str], tokenizer: Tokenizer, length: int) -> Tokens:
    """Tokens of texts, padded or cut to ``length``; a cut keeps the end token.

    Args:
        texts: Texts as they are to be read, prefix included; "" is the null condition.
        tokenizer: Its padding and truncation are set here.
        length: L.
    """
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(length=length, pad_id=_PAD)
    encodings = tokenizer.encode_batch(list(texts))
    ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64).reshape(-1, length)
    mask = np.array([encoding.attention_mask for encoding in encodings], dtype=bool).reshape(-1, length)
    return ids, mask


def quoted(text: str) -> str:
    """What stands in double quotes, straight, curly, low or angled; several pieces with a space between them.

    Single quotes do not count: they are apostrophes too often.
    """
    return " ".join("".join(found) for found in _QUOTED.findall(text))


def tokenize_quoted(texts: Sequence[str], length: int) -> Tokens:
    """Bytes (UTF-8) of what the texts have in quotes, in the ids of ByT5: byte + 3, and 1 at the end.

    A text without quotes has no tokens at all. What is too long is cut; the end token survives the cut.
    """
    ids, mask = np.full((len(texts), length), _PAD, dtype=np.int64), np.zeros((len(texts), length), dtype=bool)
    for row, text in enumerate(texts):
        if found := quoted(text).encode()[: length - 1]:
            ids[row, : len(found) + 1] = [*(byte + _FIRST_BYTE for byte in found), _END]
            mask[row, : len(found) + 1] = True
    return ids, mask
