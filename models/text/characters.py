"""The character encoder that comes with the repository: each byte as itself, and where it stands.

Shapes: B batch, L bytes, D width (291).
"""

import math

import torch
from torch import Tensor, nn

from models.text.config import BYTE_WAVES, BYTE_WIDTH, BYTES

_LONGEST = 512.0  # bytes, of the waves


class ByteStates(nn.Module):
    """States of bytes without a weight: one-hot ids beside sines and cosines of the place, at unit variance.

    What a network learns of characters is the projection that it reads them by: of one-hot ids that is an embedding
    table, of waves a table of positions. A frozen encoder with random weights would only blur both.

    Attributes:
        vocabulary: Number of ids.
    """

    vocabulary = BYTES

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """States float32 [B, L, D], zero at padding, of ids int64 [B, L]."""
        letters_BLC = math.sqrt(BYTE_WIDTH / 2) * nn.functional.one_hot(input_ids, BYTES).float()
        frequencies_W = math.pi * (1 / _LONGEST) ** torch.linspace(0, 1, BYTE_WAVES, device=input_ids.device)
        angles_LW = torch.arange(input_ids.shape[1], device=input_ids.device)[:, None] * frequencies_W
        places_LW = math.sqrt(BYTE_WIDTH / (2 * BYTE_WAVES)) * torch.cat([angles_LW.sin(), angles_LW.cos()], dim=1)
        places_BLW = places_LW.expand(input_ids.shape[0], -1, -1)
        return torch.cat([letters_BLC, places_BLW], dim=-1) * attention_mask.unsqueeze(-1).float()
