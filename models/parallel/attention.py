"""Attention over tokens that several ranks hold, around the network's own dot product."""

from torch import Tensor, nn

from models.parallel.collectives import Group, exchange, gather_sum

_HEADS, _TOKENS = 1, 2


class SharedAttention(nn.Module):
    """Self-attention of a rank's queries to the keys of all ranks; wraps ``DotProductAttention``.

    Ulysses ranks exchange tokens for heads before and back after it. Context ranks gather keys and values, whose
    gradients are reduce-scattered; without grouped queries these are as large as the queries, and without a causal mask
    none of them is spared (Movie Gen 3.1.6). The order of keys does not matter: positions were added before.

    Args:
        inner: The dot product.
        ulysses, context: Groups; None where there is one rank.
    """

    def __init__(self, inner: nn.Module, ulysses: Group | None, context: Group | None) -> None:
        super().__init__()
        self.inner = inner
        self._ulysses, self._context = ulysses, context

    def forward(self, query_BMnE: Tensor, key_BMnE: Tensor, value_BMnE: Tensor, mask: Tensor | None) -> Tensor:
        """The attended values [B, M, n, E] of this rank's tokens.

        Raises:
            ValueError: A mask is given: in self-attention every token is real.
        """
        if mask is not None:
            raise ValueError("self-attention over shared tokens takes no mask")
        query, key, value = query_BMnE, key_BMnE, value_BMnE
        if self._ulysses is not None:
            query, key, value = (exchange(x, self._ulysses, _HEADS, _TOKENS) for x in (query, key, value))
        if self._context is not None:
            key, value = (gather_sum(x, self._context, _TOKENS) for x in (key, value))
        out = self.inner(query, key, value, None)
        return exchange(out, self._ulysses, _TOKENS, _HEADS) if self._ulysses is not None else out
