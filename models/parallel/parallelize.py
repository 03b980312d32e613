"""Laying a backbone out over ranks, and what its gradients need afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor

from models.audio import AudioBackbone
from models.backbone import Backbone
from models.backbone.block import Block
from models.parallel.attention import SharedAttention
from models.parallel.collectives import collect
from models.parallel.layout import Layout, LayoutDoesNotFit
from models.parallel.tensor import is_cut, share_block

_AXES = ("data", "context", "ulysses", "tensor")
_HOLDERS = "holders"
_TOKENS = 1


@dataclass(frozen=True, eq=False)
class Parallel:
    """A backbone that has been laid out.

    All ranks of a replica (context x ulysses x tensor) are given the same samples and get the same output; each works
    on its share of the tokens. A parameter's gradient on one rank is then its share of the sum over the tokens, times
    context x ulysses: the mean over all ranks that hold it, which FSDP, DeepSpeed or ``average_gradients`` takes, is
    the gradient of the mean loss over the data groups.

    Attributes:
        layout: Of the ranks.
        mesh: The ranks by axis: data, context, ulysses, tensor.
        holders: The ranks that hold the same parameters: data x context x ulysses, in one dimension.
        network: The backbone, changed in place.
    """

    layout: Layout
    mesh: DeviceMesh
    holders: DeviceMesh
    network: Backbone | AudioBackbone

    @property
    def data_rank(self) -> int:
        """Which of the data groups this rank belongs to: it decides its samples and noise."""
        return self.mesh.get_local_rank("data")

    def shard(self, **options: Any) -> None:
        """FSDP2 over data x context x ulysses: parameters, gradients and optimizer states in shares, block by block."""
        from torch.distributed.fsdp import fully_shard

        for block in self.network.blocks:
            fully_shard(block, mesh=self.holders, **options)
        fully_shard(self.network, mesh=self.holders, **options)

    @torch.no_grad()
    def average_gradients(self) -> None:
        """For a network that is not sharded: the mean over all ranks that hold a parameter."""
        for gradient in self._gradients(self.network.parameters()):
            dist.all_reduce(gradient, group=self.holders.get_group())
            gradient.div_(self.holders.size())

    @torch.no_grad()
    def finish_gradients(self) -> None:
        """Sum the gradients of what each tensor rank holds whole: each has seen its share of tokens or heads.

        To be called after each backward pass, before the gradients are used.
        """
        if self.layout.tensor == 1:
            return
        whole = (parameter for parameter in self.network.parameters() if not is_cut(parameter, "tensor"))
        for gradient in self._gradients(whole):
            dist.all_reduce(gradient, group=self.mesh["tensor"].get_group())

    @torch.no_grad()
    def gradient_norm(self) -> float:
        """The Euclidean norm of the whole gradient, counting each entry once. After ``finish_gradients``."""
        device = self.mesh.device_type
        cut, whole = (torch.zeros((), dtype=torch.float64, device=device) for _ in range(2))
        sharded = False
        for parameter in self.network.parameters():
            for gradient in self._gradients([parameter]):
                sharded |= is_cut(parameter, _HOLDERS)
                total = cut if is_cut(parameter, "tensor") else whole
                total += gradient.double().square().sum()
        if self.layout.tensor > 1:
            dist.all_reduce(cut, group=self.mesh["tensor"].get_group())
        total = cut + whole
        if sharded:
            dist.all_reduce(total, group=self.holders.get_group())
        return float(total.sqrt())

    @staticmethod
    def _gradients(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
        """The local part of each gradient that there is."""
        found = (parameter.grad for parameter in parameters)
        return [grad.to_local() if isinstance(grad, DTensor) else grad for grad in found if grad is not None]


def parallelize(network: Backbone | AudioBackbone, layout: Layout, device: str = "cpu") -> Parallel:
    """Lay ``network`` out over the ranks of the default process group.

    Every rank has built the same network. Afterwards it is called as before, by all ranks of a replica with the same
    samples, and gives each of them the whole output.

    Args:
        network: Changed in place. The audio network has no axis but data.
        layout: Of the ranks; the tensor axis varies fastest, so that its ranks are neighbours on one machine.
        device: ``cpu`` or ``cuda``.

    Raises:
        LayoutDoesNotFit: See ``Layout.check``; ranks share the tokens of a network that cannot; or, when the network
            is called, its tokens do not divide.
    """
    layout.check(network.config, dist.get_world_size())
    mesh = init_device_mesh(device, (layout.data, layout.context, layout.ulysses, layout.tensor), mesh_dim_names=_AXES)
    if layout.replica > 1:
        if not isinstance(network, Backbone):
            raise LayoutDoesNotFit(f"{layout}: only the video backbone shares tokens; leave it the axis of data")
        _share_tokens(network, layout, mesh)
    for block in network.blocks:
        assert isinstance(block, Block)
        if layout.tensor > 1:
            share_block(block, mesh["tensor"])
        if layout.ulysses > 1 or layout.context > 1:
            ulysses, context = (
                mesh[axis].get_group() if getattr(layout, axis) > 1 else None for axis in ("ulysses", "context")
            )
            attend = block.attention.attend
            attend.inner = SharedAttention(attend.inner, ulysses, context)
    return Parallel(layout, mesh, _joined(mesh, "data", "context", "ulysses", name=_HOLDERS), network)


def _joined(mesh: DeviceMesh, *axes: str, name: str) -> DeviceMesh:
    """The ranks of several axes in one dimension."""
    return mesh[axes]._flatten(name)  # noqa: SLF001  # torch names this operation nowhere else


def _share_tokens(network: Backbone, layout: Layout, mesh: DeviceMesh) -> None:
    """Let each rank keep its share of the embedded tokens and positions, and collect what the head makes of them."""
    replica = _joined(mesh, "context", "ulysses", "tensor", name="replica")
    group, rank = replica.get_group(), replica.get_local_rank()

    def keep(_module: nn.Module, _args: Any, tokens: Tensor) -> Tensor:
        share = layout.share(tokens.shape[_TOKENS])
        return tokens.narrow(_TOKENS, rank * share, share)

    def whole(scale: float, _module: nn.Module, _args: Any, out: Tensor) -> Tensor:
        return collect(out, group, _TOKENS, scale)

    network.embed.register_forward_hook(keep)
    network.positions.register_forward_hook(keep)
    network.head.register_forward_hook(partial(whole, float(layout.context * layout.ulysses)))
