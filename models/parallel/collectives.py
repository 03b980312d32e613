"""Collective operations with gradients, on a dimension of a tensor.

Each backward is the operation's own transpose: gathering sums the gradients that the ranks have for a share, scattering
a sum hands each rank's gradient to all.
"""

from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist

Group = dist.ProcessGroup


def all_gather(share: Tensor, group: Group, dim: int) -> Tensor:
    """Every rank's share side by side along ``dim``."""
    whole = share.new_empty(dist.get_world_size(group), *share.shape)
    dist.all_gather_single(whole.flatten(0, 1), share.contiguous(), group=group)
    return torch.cat(whole.unbind(0), dim)


def reduce_scatter(whole: Tensor, group: Group, dim: int) -> Tensor:
    """This rank's share along ``dim`` of the sum over all ranks."""
    shares = torch.stack(whole.chunk(dist.get_world_size(group), dim))
    own = shares.new_empty(shares.shape[1:])
    dist.reduce_scatter_single(own, shares.flatten(0, 1), group=group)
    return own


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, share: Tensor, group: Group, dim: int) -> Tensor:
        ctx.group, ctx.dim = group, dim
        return all_gather(share, group, dim)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return reduce_scatter(grads[0], ctx.group, ctx.dim), None, None


class _ReduceScatter(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, whole: Tensor, group: Group, dim: int) -> Tensor:
        ctx.group, ctx.dim = group, dim
        return reduce_scatter(whole, group, dim)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return all_gather(grads[0], ctx.group, ctx.dim), None, None


class _Exchange(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, group: Group, cut: int, join: int) -> Tensor:
        ctx.group, ctx.cut, ctx.join = group, cut, join
        return _all_to_all(x, group, cut, join)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        return _all_to_all(grads[0], ctx.group, ctx.join, ctx.cut), None, None, None


class _Collect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, share: Tensor, group: Group, dim: int, scale: float) -> Tensor:
        ctx.rank, ctx.size, ctx.dim, ctx.scale = dist.get_rank(group), dist.get_world_size(group), dim, scale
        return all_gather(share, group, dim)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        own = grads[0].chunk(ctx.size, ctx.dim)[ctx.rank]
        return ctx.scale * own, None, None, None


def gather_sum(share: Tensor, group: Group, dim: int) -> Tensor:
    """:func:`all_gather` for what ranks go on with differently: their gradients of a share are summed."""
    return _Gather.apply(share, group, dim)


def scatter_sum(whole: Tensor, group: Group, dim: int) -> Tensor:
    """:func:`reduce_scatter`, with its gradient."""
    return _ReduceScatter.apply(whole, group, dim)


def exchange(x: Tensor, group: Group, cut: int, join: int) -> Tensor:
    """``x`` cut along one dimension and joined along another: each rank sends its r-th cut to rank r."""
    return _Exchange.apply(x, group, cut, join)


def collect(share: Tensor, group: Group, dim: int, scale: float) -> Tensor:
    """:func:`all_gather` for what every rank makes the same loss of: a share's gradient is ``scale`` times its own."""
    return _Collect.apply(share, group, dim, scale)


def _all_to_all(x: Tensor, group: Group, cut: int, join: int) -> Tensor:
    sent = torch.stack(x.chunk(dist.get_world_size(group), cut))
    received = torch.empty_like(sent)
    dist.all_to_all_single(received, sent, group=group)
    return torch.cat(received.unbind(0), join)
