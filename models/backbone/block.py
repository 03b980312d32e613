"""The transformer block of every network here: adaptive norms, self-attention, cross-attention, feed-forward.

Shapes: B batch, N tokens, L text tokens, K reference tokens, D width, F feed-forward width.
"""

import torch
from torch import Tensor, nn

from models.backbone.attention import Attention, CrossAttention
from models.backbone.norms import Norm


class SwiGLU(nn.Module):
    """Gated feed-forward of LLaMa 3: down(silu(gate x) * up x), no biases."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x_BND: Tensor) -> Tensor:
        """Tokens, each mapped by itself: [B, N, D] -> [B, N, D]."""
        return self.down(nn.functional.silu(self.gate(x_BND)) * self.up(x_BND))


class GeluMLP(nn.Module):
    """Two-matrix feed-forward of the diffusion transformer: down(gelu(up x)), no biases."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x_BND: Tensor) -> Tensor:
        """Tokens, each mapped by itself: [B, N, D] -> [B, N, D]."""
        return self.down(nn.functional.gelu(self.up(x_BND), approximate="tanh"))


class Block(nn.Module):
    """One layer (Movie Gen 3.1.3).

    With PE the positions and RMS a root-mean-square norm::

        h = h + PE
        (b1, s1, g1, b2, s2, g2) = shared modulation of t + table of this layer
        h = h + g1 * SelfAttention(RMS(h) * (1 + s1) + b1)
        h = h + CrossAttention(RMS(h), text)
        h = h + g2 * FeedForward(RMS(h) * (1 + s2) + b2)

    The tables start at zero, as does the shared modulation: at first a layer is its cross-attention alone. The
    modulated norms have no weight of their own, the scales are theirs.
    """

    def __init__(self, width: int, heads: int, feed_forward: nn.Module, *, reference: bool = False) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.cross_attention = CrossAttention(width, heads, reference=reference)
        self.feed_forward = feed_forward
        self.attention_norm = Norm(width)
        self.cross_norm = Norm(width, affine=True)
        self.feed_forward_norm = Norm(width)
        self.table_6D = nn.Parameter(torch.zeros(6, width))

    def reset_parameters(self) -> None:
        """Start the table at zero."""
        nn.init.zeros_(self.table_6D)

    def forward(
        self,
        x_BND: Tensor,
        positions_1ND: Tensor,
        modulation_B6D: Tensor,
        text_BLD: Tensor,
        text_mask_BL: Tensor,
        reference_BKD: Tensor | None = None,
    ) -> Tensor:
        """Tokens after this layer [B, N, D]."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (modulation_B6D + self.table_6D).unsqueeze(2).unbind(1)
        x_BND = x_BND + positions_1ND
        x_BND = torch.addcmul(x_BND, gate1, self.attention(self.attention_norm(x_BND, scale1, shift1)))
        x_BND = x_BND + self.cross_attention(self.cross_norm(x_BND), text_BLD, text_mask_BL, reference_BKD)
        return torch.addcmul(x_BND, gate2, self.feed_forward(self.feed_forward_norm(x_BND, scale2, shift2)))
