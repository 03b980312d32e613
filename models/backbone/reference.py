"""The trainable vision encoder of personalization: a reference image becomes tokens beside the text.

Shapes: B batch, K reference tokens, D width.
"""

import torch
from torch import Tensor, nn

from models.backbone.attention import Attention
from models.backbone.block import SwiGLU
from models.backbone.norms import Norm
from models.backbone.patches import to_patches
from models.recipes import REFERENCE_SIZE

PATCH = 16
REFERENCE_TOKENS = (REFERENCE_SIZE // PATCH) ** 2
_LAYERS = 2
_POSITION_STD = 0.1


class ReferenceLayer(nn.Module):
    """Pre-norm self-attention and SwiGLU."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention_norm = Norm(width, affine=True)
        self.attention = Attention(width, heads)
        self.feed_forward_norm = Norm(width, affine=True)
        self.feed_forward = SwiGLU(width, hidden)

    def forward(self, x_BKD: Tensor) -> Tensor:
        """Tokens after this layer [B, K, D]."""
        x_BKD = x_BKD + self.attention(self.attention_norm(x_BKD))
        return x_BKD + self.feed_forward(self.feed_forward_norm(x_BKD))


class ReferenceEncoder(nn.Module):
    """A two-layer vision transformer on 16-pixel patches: image [B, 3, 64, 64] in [-1, 1] -> tokens [B, 16, D].

    Its output norm is the one the text tokens have, so that both kinds meet the cross-attention at one scale.
    """

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.embed = nn.Linear(3 * PATCH**2, width, bias=False)
        self.positions_KD = nn.Parameter(torch.empty(REFERENCE_TOKENS, width))
        self.layers = nn.ModuleList(ReferenceLayer(width, heads, hidden) for _ in range(_LAYERS))
        self.norm = nn.LayerNorm(width)

    def reset_parameters(self) -> None:
        """Start the positions from small random entries."""
        nn.init.normal_(self.positions_KD, std=_POSITION_STD)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        """Tokens [B, K, D] of an image of 64 x 64 pixels in [-1, 1]."""
        x_BKD = self.embed(to_patches(image_B3HW[:, :, None], PATCH)) + self.positions_KD
        for layer in self.layers:
            x_BKD = layer(x_BKD)
        return self.norm(x_BKD)
