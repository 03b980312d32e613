"""Backbones that differ from ours in one thing: the block of the diffusion transformer, or where positions are added.

Shapes: B batch, N tokens, L text tokens, K reference tokens, D width, F feed-forward width.
"""

import torch
from torch import Tensor, nn

from models.backbone import Backbone
from models.backbone.attention import Attention, CrossAttention
from models.backbone.initialisation import initialise
from models.backbone.time import Modulation
from models.recipes import BackboneConfig

_WEIGHT_MATRICES = 3  # of SwiGLU; the MLP has two


class FirstLayerPositions(Backbone):
    """Our backbone with positions added before the first layer only, as most transformers have them."""

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__(config)
        for block in self.blocks[1:]:
            block.register_forward_pre_hook(_unplaced)


class BiasedMLP(nn.Module):
    """Feed-forward of the diffusion transformer: down(gelu(up x)), with biases."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, x_BND: Tensor) -> Tensor:
        """Tokens, each mapped by itself: [B, N, D] -> [B, N, D]."""
        return self.down(nn.functional.gelu(self.up(x_BND), approximate="tanh"))


class ModulatedLayerNorm(nn.Module):
    """``LayerNorm(x) * (1 + scale) + shift``: called as our norm is (:class:`models.backbone.norms.Norm`)."""

    def forward(self, x_BND: Tensor, scale_B1D: Tensor, shift_B1D: Tensor) -> Tensor:
        """Normalised tokens [B, N, D]."""
        return nn.functional.layer_norm(x_BND, x_BND.shape[-1:], eps=1e-6) * (1 + scale_B1D) + shift_B1D


class DiTBlock(nn.Module):
    """A layer of the diffusion transformer (Peebles and Xie 2023) with cross-attention to text (as in PixArt).

    LayerNorm, an MLP with GELU, biases everywhere, and a modulation of its own from the time (adaLN-zero), where ours
    has RMSNorm, SwiGLU, no biases, and one modulation for all layers with a table for each. Positions come to every
    layer, as in ours.
    """

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention = _biased(Attention(width, heads), width)
        self.cross_attention = _biased(CrossAttention(width, heads), width)
        self.feed_forward = BiasedMLP(width, hidden)
        self.attention_norm = ModulatedLayerNorm()
        self.cross_norm = nn.LayerNorm(width, eps=1e-6)
        self.feed_forward_norm = ModulatedLayerNorm()
        self.modulation = Modulation(width, 6)

    def forward(
        self,
        x_BND: Tensor,
        positions_1ND: Tensor,
        embedding_BD: Tensor,
        text_BLD: Tensor,
        text_mask_BL: Tensor,
        reference_BKD: Tensor | None = None,
    ) -> Tensor:
        """Tokens after this layer [B, N, D]; the time comes as its embedding."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(embedding_BD).unsqueeze(2).unbind(1)
        x_BND = x_BND + positions_1ND
        x_BND = x_BND + gate1 * self.attention(self.attention_norm(x_BND, scale1, shift1))
        x_BND = x_BND + self.cross_attention(self.cross_norm(x_BND), text_BLD, text_mask_BL, reference_BKD)
        return x_BND + gate2 * self.feed_forward(self.feed_forward_norm(x_BND, scale2, shift2))


class DiTBackbone(Backbone):
    """Our backbone with the blocks and the head of the diffusion transformer.

    Args:
        config: As of ours; its ``ffn`` is not read.
        hidden: Width of the MLP.
    """

    def __init__(self, config: BackboneConfig, hidden: int) -> None:
        super().__init__(config)
        self.add_module("modulation", nn.Identity())  # the blocks have their own
        self.blocks = nn.ModuleList(DiTBlock(config.width, config.heads, hidden) for _ in range(config.layers))
        self.head.add_module("norm", ModulatedLayerNorm())
        initialise(self)


def hidden_of_equal_operations(config: BackboneConfig) -> int:
    """Width of an MLP that costs a token what SwiGLU does; the network then has more weights, in its modulations."""
    return config.ffn * _WEIGHT_MATRICES // 2


def hidden_of_equal_weights(config: BackboneConfig) -> int:
    """Width of an MLP with which the whole network has about as many weights as ours: it costs a token less."""
    modulations = 6 * config.width**2 * (config.layers - 1)
    return hidden_of_equal_operations(config) - round(modulations / (2 * config.width * config.layers))


def _unplaced(_block: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a layer is called with when its tokens are not marked again."""
    x_BND, positions_1ND, *rest = args
    return x_BND, torch.zeros_like(positions_1ND), *rest


def _biased(attention: Attention, width: int) -> Attention:
    for name in ("query", "key", "value", "out"):
        setattr(attention, name, nn.Linear(width, width))
    return attention
