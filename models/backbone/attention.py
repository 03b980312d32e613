"""Multi-head attention, bidirectional, without biases.

Shapes: B batch, N queries, L text tokens, K reference tokens, D width, M heads, E head width (D = M E).
"""

import torch
from torch import Tensor, nn

_MOST_SCORES = 1 << 25  # that are written out: 64 MiB in bfloat16, kept for the backward pass


class DotProductAttention(nn.Module):
    """Softmax attention of given heads: no parameters, a module only so that parallelism can wrap it.

    Sequence and context parallelism exchange tokens for heads (or gather keys and values) around this call, from
    outside; the network stays as it is.
    """

    def forward(self, query_BMNE: Tensor, key_BMLE: Tensor, value_BMLE: Tensor, mask_B11L: Tensor | None) -> Tensor:
        """The attended values [B, M, N, E]. ``mask_B11L`` is True where a key may be seen; None sees all."""
        if _quicker_written_out(query_BMNE, key_BMLE):
            with torch.autocast("cpu", enabled=False):  # which would take the softmax to float32
                return written_out(query_BMNE, key_BMLE, value_BMLE, mask_B11L)
        return nn.functional.scaled_dot_product_attention(query_BMNE, key_BMLE, value_BMLE, attn_mask=mask_B11L)


def written_out(query_BMNE: Tensor, key_BMLE: Tensor, value_BMLE: Tensor, mask_B11L: Tensor | None) -> Tensor:
    """The same as two products with a softmax between them and no guard against rows that see no key: each sees one."""
    scores_BMNL = (query_BMNE * query_BMNE.shape[-1] ** -0.5) @ key_BMLE.transpose(-2, -1)
    if mask_B11L is not None:
        scores_BMNL = scores_BMNL.masked_fill(~mask_B11L, float("-inf"))
    return scores_BMNL.softmax(-1) @ value_BMLE


def _quicker_written_out(query_BMNE: Tensor, key_BMLE: Tensor) -> bool:
    """On a CPU torch's fused attention takes up to five times as long in bfloat16; in float32 it is the quicker one."""
    if query_BMNE.device.type != "cpu" or query_BMNE.dtype != torch.bfloat16:
        return False
    return query_BMNE[..., 0].numel() * key_BMLE.shape[-2] <= _MOST_SCORES


class MultiHead(nn.Module):
    """Attention of tokens whose heads lie side by side: no parameters either, a module so that export can replace it.

    Args:
        head_width: E.
    """

    def __init__(self, head_width: int) -> None:
        super().__init__()
        self.head_width = head_width
        self.inner: nn.Module = DotProductAttention()

    def forward(self, query_BND: Tensor, key_BLD: Tensor, value_BLD: Tensor, mask_BL: Tensor | None = None) -> Tensor:
        """The attended values [B, N, D], heads side by side; ``mask_BL`` is True where a key may be seen."""
        query, key, value = (self._split(x) for x in (query_BND, key_BLD, value_BLD))
        mask_B11L = None if mask_BL is None else mask_BL[:, None, None, :]
        return self.inner(query, key, value, mask_B11L).transpose(1, 2).flatten(2)

    def _split(self, x_BND: Tensor) -> Tensor:
        """Heads [B, M, N, E]. Their number is read from the tensor: tensor parallelism holds a part of them."""
        return x_BND.unflatten(-1, (-1, self.head_width)).transpose(1, 2)


class Attention(nn.Module):
    """Full self-attention: multi-head, not grouped-query, no mask (Movie Gen 3.1.3)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is not a multiple of {heads} heads")
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.attend = MultiHead(width // heads)

    def forward(self, x_BND: Tensor) -> Tensor:
        """Every token attends to every token, past and future: [B, N, D] -> [B, N, D]."""
        return self.out(self.attend(self.query(x_BND), self.key(x_BND), self.value(x_BND)))


class CrossAttention(Attention):
    """Attention of video tokens to the text tokens, and to reference tokens concatenated with them.

    The reference adds ``Z (A(text + reference) - A(text))``, where A is the attention before its output projection
    and Z is a matrix that starts at zero. So step 0 equals the base model bit for bit (the softmax over text alone is
    not touched, where a gate on logits would have to start at minus infinity and get no gradient); Z equal to the
    output projection is plain concatenation (Movie Gen 4); and a matrix, unlike a scalar gate, opens within a few
    steps.
    """

    def __init__(self, width: int, heads: int, *, reference: bool = False) -> None:
        super().__init__(width, heads)
        self.reference_out = nn.Linear(width, width, bias=False) if reference else None

    def forward(  # type: ignore[override]  # a query of its own
        self, x_BND: Tensor, text_BLD: Tensor, mask_BL: Tensor, reference_BKD: Tensor | None = None
    ) -> Tensor:
        """What the tokens ``x_BND`` take from the text and the reference: [B, N, D].

        Args:
            x_BND: Video tokens.
            text_BLD: Projected text tokens.
            mask_BL: True where a text token is real; at least one a row (the empty caption has two).
            reference_BKD: Reference tokens, all of them real.
        """
        query_BND, key_BLD, value_BLD = self.query(x_BND), self.key(text_BLD), self.value(text_BLD)
        from_text_BND = self.attend(query_BND, key_BLD, value_BLD, mask_BL)
        out_BND = self.out(from_text_BND)
        if reference_BKD is None or self.reference_out is None:
            return out_BND
        key = torch.cat([key_BLD, self.key(reference_BKD)], dim=1)
        value = torch.cat([value_BLD, self.value(reference_BKD)], dim=1)
        real_BK = torch.ones_like(reference_BKD[..., 0], dtype=torch.bool)
        from_both_BND = self.attend(query_BND, key, value, torch.cat([mask_BL, real_BK], dim=-1))
        return out_BND + self.reference_out(from_both_BND - from_text_BND)
