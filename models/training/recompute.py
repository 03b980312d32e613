"""Activation checkpointing, applied to a network from outside: blocks that keep their inputs alone and run again."""

from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from models.backbone.block import Block


def recompute(network: nn.Module, blocks: int) -> None:
    """Let the first ``blocks`` transformer blocks of ``network`` recompute their activations in the backward pass.

    Names and weights of the network stay as they are, and so do loss and gradients, bit for bit: a block draws no
    random numbers. Of each such block only the inputs are kept between the passes.

    Raises:
        ValueError: The network has fewer blocks.
    """
    found = [module for module in network.modules() if isinstance(module, Block)]
    if not 0 <= blocks <= len(found):
        raise ValueError(f"{blocks} blocks are to be recomputed, of {len(found)} that there are")
    for block in found[:blocks]:
        # Hooks around the module (those that gather sharded weights) enclose what is put in the place of its forward.
        block.forward = partial(checkpoint, block.forward, use_reentrant=False, preserve_rng_state=False)  # type: ignore[method-assign]
