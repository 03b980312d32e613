"""Root-mean-square norms that are scaled and shifted by vectors of a sample, in one operation where that is faster.

Shapes: B batch, N tokens, D width.
"""

from typing import Any

import torch
from torch import Tensor, nn

_TOKENS = 1


class Norm(nn.RMSNorm):
    """``RMS(x) * factor + shift``: the factor is a weight of its own, or comes from the time and goes with a shift.

    torch has no such operation on a CPU and goes over the tokens a dozen times, with copies in float32 that it keeps.
    There it is done in place here, in float32, and only the tokens and their norms are kept for the backward pass.
    Elsewhere, and in graphs that are compiled or exported, it is the formula: a compiler makes one pass of it.

    Args:
        width: D.
        affine: Whether it has a weight of its own.
    """

    eps: float

    def __init__(self, width: int, *, affine: bool = False) -> None:
        super().__init__(width, eps=1e-6, elementwise_affine=affine)

    def forward(self, x_BND: Tensor, scale_B1D: Tensor | None = None, shift_B1D: Tensor | None = None) -> Tensor:
        """Normalised tokens [B, N, D]; a scale is what is added to one, and comes with a shift."""
        factor = self.weight if scale_B1D is None else 1 + scale_B1D
        if not in_place(x_BND, factor):
            normalised_BND = nn.functional.rms_norm(x_BND, self.normalized_shape, None, self.eps) * factor
            return normalised_BND if shift_B1D is None else normalised_BND + shift_B1D
        out_BND: Tensor = _Modulated.apply(x_BND, factor, shift_B1D, self.eps)
        return out_BND


def in_place(x_BND: Tensor, factor: Tensor) -> bool:
    """Whether the operations of this module that work in place are to be taken."""
    same = x_BND.device.type == "cpu" and factor.dtype == x_BND.dtype != torch.float64
    return same and x_BND.ndim == 3 and not torch.compiler.is_compiling()


class _Modulated(torch.autograd.Function):
    """With r the inverse root of a token's mean square: y = x r f + b."""

    @staticmethod
    def forward(ctx: Any, x_BND: Tensor, factor: Tensor, shift_B1D: Tensor | None, eps: float) -> Tensor:
        x32_BND = x_BND.float()
        square_BN1 = torch.linalg.vector_norm(x32_BND, dim=-1, keepdim=True).square_()
        inverse_BN1 = square_BN1.div_(x_BND.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(x_BND, factor, inverse_BN1)
        ctx.shift = shift_B1D is not None
        y_BND = x32_BND * inverse_BN1 if x32_BND is x_BND else x32_BND.mul_(inverse_BN1)
        if shift_B1D is None:
            y_BND.mul_(factor.float())
        else:
            torch.addcmul(shift_B1D.float(), y_BND, factor.float(), out=y_BND)
        return y_BND.to(x_BND.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor | None, None]:
        x_BND, factor, inverse_BN1 = ctx.saved_tensors
        grad_BND, x32_BND, factor32 = grads[0].float(), x_BND.float(), factor.float()
        shift_B1D = grad_BND.sum(_TOKENS, keepdim=True).to(x_BND.dtype) if ctx.shift else None
        with torch.autocast("cpu", enabled=False):
            product_BND = grad_BND * x32_BND
            factor_B1D = inverse_BN1.mT @ product_BND
            along_BN1 = product_BND @ factor32.expand(len(x_BND), 1, -1).mT
        along_BN1 = along_BN1.mul_(inverse_BN1.square()).div_(x_BND.shape[-1])
        out_BND = torch.mul(grad_BND, factor32, out=product_BND)
        out_BND.addcmul_(x32_BND, along_BN1, value=-1).mul_(inverse_BN1)
        return out_BND.to(x_BND.dtype), factor_B1D.sum_to_size(factor.shape).to(factor.dtype), shift_B1D, None
