"""Forms for export: parts of the networks written as ONNX Runtime has or fuses them, with the same numbers.

Shapes: B batch, N queries, L keys, D width, E head width.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from models.backbone.attention import MultiHead


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


class FusedAttention(nn.Module):
    """Multi-head attention as the one node that ONNX Runtime has for it (``com.microsoft``), which takes heads apart.

    Scores without a mask never lie in memory as a whole. Only the exporter can call this: in torch it gives zeros.

    Args:
        head_width: E.
    """

    def __init__(self, head_width: int) -> None:
        super().__init__()
        self.head_width = head_width

    def forward(self, query_BND: Tensor, key_BLD: Tensor, value_BLD: Tensor, mask_BL: Tensor | None = None) -> Tensor:
        """As :class:`models.backbone.attention.MultiHead`."""
        no_bias = None
        masks = () if mask_BL is None else (no_bias, mask_BL.to(torch.int32))
        return torch.onnx.ops.symbolic(
            "com.microsoft::MultiHeadAttention",
            (query_BND, key_BLD, value_BLD, *masks),
            {"num_heads": query_BND.shape[-1] // self.head_width, "scale": self.head_width**-0.5},
            dtype=query_BND.dtype,
            shape=query_BND.shape,
            version=1,
        )


def written(module: nn.Module) -> nn.Module:
    """A copy of a graph's module in these forms; its weights are the same tensors."""
    own = deepcopy(module, {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())})
    for parent in list(own.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.RMSNorm):
                setattr(parent, name, WrittenNorm(child))
            elif isinstance(child, MultiHead):
                setattr(parent, name, FusedAttention(child.head_width))
    return own
