"""What both towers are made of: a pre-norm transformer layer, and pooling by a learned question.

Shapes: B batch, L tokens, D width, E joint space.
"""

import torch
from torch import Tensor, nn


class Layer(nn.Module):
    """Pre-norm self-attention and a GELU feed-forward of twice the width."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.output_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x_BLD: Tensor, mask_BL: Tensor | None = None) -> Tensor:
        """Tokens after this layer [B, L, D]; ``mask_BL`` is true where a token is real."""
        mask = None if mask_BL is None else mask_BL[:, None, None, :]
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.qkv(self.attention_norm(x_BLD)).chunk(3, dim=-1)
        )
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x_BLD = x_BLD + self.out(seen.transpose(1, 2).flatten(2))
        return x_BLD + self.down(nn.functional.gelu(self.up(self.output_norm(x_BLD))))


class Pool(nn.Module):
    """Tokens as one vector of unit length: each head asks one learned question of all of them.

    Args:
        width: Of the tokens.
        heads: How many questions.
        dim: Of the vector.
    """

    def __init__(self, width: int, heads: int, dim: int) -> None:
        super().__init__()
        self.heads = heads
        self.questions = nn.Parameter(torch.randn(heads, width // heads) * (width // heads) ** -0.5)
        self.key, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.out = nn.Linear(width, dim)

    def forward(self, x_BLD: Tensor, mask_BL: Tensor | None = None) -> Tensor:
        """[B, E] of tokens [B, L, D]."""
        key, value = (part(x_BLD).unflatten(-1, (self.heads, -1)) for part in (self.key, self.value))
        score_BLH = torch.einsum("blhd,hd->blh", key, self.questions.to(key.dtype)) * key.shape[-1] ** -0.5
        if mask_BL is not None:
            score_BLH = score_BLH.masked_fill(~mask_BL[..., None], -torch.inf)
        pooled = torch.einsum("blh,blhd->bhd", score_BLH.softmax(dim=1).to(value.dtype), value).flatten(1)
        return nn.functional.normalize(self.out(pooled).float(), dim=-1)
