"""The size that presets are named by, counted on the network itself; the presets are in ``models.presets``."""

from torch import nn

from models.backbone.block import Block
from models.presets import PRESETS

__all__ = ["PRESETS", "core_parameters"]


def core_parameters(network: nn.Module) -> int:
    """Parameters of the blocks' matrices: the count that sizes are named by (no tables, norms, embeddings)."""
    blocks = (module for module in network.modules() if isinstance(module, Block))
    matrices = (module for block in blocks for module in block.modules() if isinstance(module, nn.Linear))
    return sum(matrix.weight.numel() for matrix in matrices)
