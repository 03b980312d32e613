"""The embedder: clips of any size and length, and texts, as vectors of one space.

Shapes: B batch, F frames, H, W pixels, L tokens, D width (128), E joint space (256).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.contrastive.frames import Frames, prepared
from models.contrastive.reading import packaged_reader, padded
from models.contrastive.storage import FOLDER, load_model

_BATCH = 32

Vectors = NDArray[np.float32]


class Embedder:
    """Both towers of trained weights.

    Args:
        folder: Of the weights; by default those of the sandbox world.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.model, self.calibration = load_model(folder)

    @torch.inference_mode()
    def clips(self, clips: Sequence[Frames]) -> Vectors:
        """Unit vectors [B, E] of clips uint8 [F, H, W, 3] RGB; F, H and W may differ, and one frame is an image.

        The middle square is looked at; of more than eight frames, eight evenly.

        Raises:
            ValueError: A clip is no uint8 array of that shape, or holds no frame.
        """
        ready = [prepared(clip) for clip in clips]
        out = np.zeros((len(ready), self.model.config.dim), np.float32)
        for count in sorted({len(clip) for clip in ready}):
            rows = [row for row, clip in enumerate(ready) if len(clip) == count]
            for start in range(0, len(rows), _BATCH):
                batch = rows[start : start + _BATCH]
                out[batch] = self.model.video(torch.from_numpy(np.stack([ready[row] for row in batch]))).numpy()
        return out

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [B, E] of texts of up to 256 tokens; the rest of a longer one is not read."""
        parts = [self._read(texts[start : start + _BATCH])[0].numpy() for start in range(0, len(texts), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.model.config.dim), np.float32)

    @torch.inference_mode()
    def tokens(self, texts: Sequence[str]) -> tuple[Vectors, NDArray[np.bool_]]:
        """Token states [B, L, D], zero at padding, and the mask [B, L]; L is that of the longest text."""
        states, mask = self._read(texts)[1:]
        return states.numpy(), mask.numpy()

    def _read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        states, mask = padded(packaged_reader().states(texts))
        vectors, tokens = self.model.text(states, mask)
        return vectors, tokens, mask


@cache
def packaged_embedder() -> Embedder:
    """The embedder of the packaged weights, loaded once."""
    return Embedder()
