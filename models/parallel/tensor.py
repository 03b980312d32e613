"""Tensor parallelism with sequence parallelism: matrices in shares, and between them tokens in shares.

Before attention and feed-forward a layer's ranks gather each other's tokens, after it each keeps its share of the
summed output (arXiv 2205.05198). What is outside of them (norms, modulation, tables) works on a rank's own tokens.
"""

from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Shard, distribute_tensor
from torch.nn import functional

from models.backbone.attention import Attention, CrossAttention
from models.backbone.block import Block, SwiGLU
from models.parallel.collectives import Group, gather_sum, scatter_sum

_OUTPUTS, _INPUTS = Shard(0), Shard(1)  # of a matrix [out, in]
_TOKENS = 1


def share_block(block: Block, mesh: DeviceMesh) -> None:
    """Cut a block's matrices over ``mesh`` (one dimension), and gather and scatter tokens around its three parts."""
    group = mesh.get_group()
    for attention in (block.attention, block.cross_attention):
        for matrix in (attention.query, attention.key, attention.value):
            _cut(matrix, mesh, _OUTPUTS)
        _cut(attention.out, mesh, _INPUTS)
        if isinstance(attention, CrossAttention) and attention.reference_out is not None:
            _cut(attention.reference_out, mesh, _INPUTS)
    feed_forward = block.feed_forward
    assert isinstance(feed_forward, SwiGLU)
    _cut(feed_forward.gate, mesh, _OUTPUTS)
    _cut(feed_forward.up, mesh, _OUTPUTS)
    _cut(feed_forward.down, mesh, _INPUTS)
    parts: tuple[nn.Module, ...] = (block.attention, block.cross_attention, feed_forward)
    for part in parts:
        part.register_forward_pre_hook(partial(_gather, group))
        part.register_forward_hook(partial(_scatter, group))


def is_cut(parameter: Tensor, axis: str) -> bool:
    """Whether a parameter is held in shares along a mesh axis of that name, rather than whole on each of its ranks."""
    if not isinstance(parameter, DTensor):
        return False
    names = parameter.device_mesh.mesh_dim_names or ()
    return axis in names and isinstance(parameter.placements[names.index(axis)], Shard)


def _cut(matrix: nn.Linear, mesh: DeviceMesh, placement: Shard) -> None:
    """Keep a share of a matrix; what it computes is then a share of its outputs, or a summand of them."""
    shared = distribute_tensor(matrix.weight.detach(), mesh, [placement])
    matrix.register_parameter("weight", nn.Parameter(shared))
    matrix.forward = partial(_multiply, matrix)  # type: ignore[method-assign]  # on plain tensors, not on DTensors


def _multiply(matrix: nn.Linear, x: Tensor) -> Tensor:
    weight = matrix.weight
    return functional.linear(x, weight.to_local() if isinstance(weight, DTensor) else weight)


def _gather(group: Group, _part: Attention, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return (gather_sum(args[0], group, _TOKENS), *args[1:])


def _scatter(group: Group, _part: Attention, _args: tuple[Any, ...], out: Tensor) -> Tensor:
    return scatter_sum(out, group, _TOKENS)
