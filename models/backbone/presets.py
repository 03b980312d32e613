"""Named sizes of the backbone, from a laptop's to the paper's (Movie Gen Table 2 and ablations)."""

from torch import nn

from models.backbone.block import Block
from models.recipes import BackboneConfig


def tiny() -> BackboneConfig:
    """The demo's: learns in minutes on two laptop cores."""
    return BackboneConfig()


def small() -> BackboneConfig:
    """A workstation's: hours on a CPU, minutes on a GPU."""
    return BackboneConfig(layers=12, width=384, ffn=1024, heads=6, positions=(8, 8, 8))


def one_billion() -> BackboneConfig:
    """0.91B core parameters; heads of 96."""
    return BackboneConfig(layers=24, width=1536, ffn=4096, heads=16, positions=(32, 48, 48))


def five_billion() -> BackboneConfig:
    """4.83B core parameters; heads of 128."""
    return BackboneConfig(layers=32, width=3072, ffn=8192, heads=24, positions=(32, 48, 48))


def thirty_billion() -> BackboneConfig:
    """28.99B core parameters, heads of 128: 73,728 tokens at a latent of 32 x 96 x 96 (16 s of 768 pixels)."""
    return BackboneConfig(layers=48, width=6144, ffn=16384, heads=48, positions=(32, 64, 64))


PRESETS = {"tiny": tiny, "small": small, "1b": one_billion, "5b": five_billion, "30b": thirty_billion}


def core_parameters(network: nn.Module) -> int:
    """Parameters of the blocks' matrices: the count that sizes are named by (no tables, norms, embeddings)."""
    blocks = (module for module in network.modules() if isinstance(module, Block))
    matrices = (module for block in blocks for module in block.modules() if isinstance(module, nn.Linear))
    return sum(matrix.weight.numel() for matrix in matrices)
