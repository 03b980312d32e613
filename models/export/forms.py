"""Forms for export: parts of the networks written so that ONNX Runtime fuses them, with the same numbers.

Shapes: B batch, N queries, L keys, D width, M heads, E head width.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from models.backbone.attention import DotProductAttention, written_out


class WrittenNorm(nn.Module):
    """A root-mean-square norm as the division that ONNX Runtime knows: it becomes one node at load.

    Torch exports its own as a product with a reciprocal root, which stays six nodes. A norm without weights gets ones:
    the node has them in any case.
    """

    weight: Tensor

    def __init__(self, norm: nn.RMSNorm) -> None:
        super().__init__()
        weight = torch.ones(norm.normalized_shape) if norm.weight is None else norm.weight.detach()
        self.register_buffer("weight", weight)
        self.eps = torch.finfo(torch.float32).eps if norm.eps is None else norm.eps

    def forward(self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
        """Normed vectors, [..., D]; scaled and shifted as :class:`models.backbone.norms.Norm` does."""
        normed = x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight
        if scale is not None:
            normed = normed * (1 + scale)
        return normed if shift is None else normed + shift


class WrittenAttention(nn.Module):
    """Softmax attention of given heads, written out: without the guard that torch exports ONNX Runtime fuses more."""

    def forward(self, query_BMNE: Tensor, key_BMLE: Tensor, value_BMLE: Tensor, mask_B11L: Tensor | None) -> Tensor:
        """As :class:`models.backbone.attention.DotProductAttention`."""
        return written_out(query_BMNE, key_BMLE, value_BMLE, mask_B11L)


def written(module: nn.Module) -> nn.Module:
    """A copy of a graph's module in these forms; its weights are the same tensors."""
    own = deepcopy(module, {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())})
    for parent in list(own.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.RMSNorm):
                setattr(parent, name, WrittenNorm(child))
            elif isinstance(child, DotProductAttention):
                setattr(parent, name, WrittenAttention())
    return own
