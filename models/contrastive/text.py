"""The text tower: a small transformer over the frozen MiniLM's token states.

Shapes: B batch, L tokens, D width, E joint space.
"""

from torch import Tensor, nn

from models.contrastive.config import ContrastiveConfig
from models.contrastive.layers import Layer, Pool


class TextTower(nn.Module):
    """Token states of texts as token states of the contrastive model, and as one unit vector for each text."""

    def __init__(self, config: ContrastiveConfig) -> None:
        super().__init__()
        self.project = nn.Linear(config.text_dim, config.width)
        self.layers = nn.ModuleList(Layer(config.width, config.heads) for _ in range(config.text_layers))
        self.norm = nn.LayerNorm(config.width)
        self.pool = Pool(config.width, config.heads, config.dim)

    def forward(self, states_BLT: Tensor, mask_BL: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [B, E] and token states [B, L, D], zero at padding.

        Args:
            states_BLT: MiniLM's states, [B, L, 384].
            mask_BL: True where a token is real; at least one a row.
        """
        x_BLD = self.project(states_BLT)
        for layer in self.layers:
            x_BLD = layer(x_BLD, mask_BL)
        x_BLD = self.norm(x_BLD)
        return self.pool(x_BLD, mask_BL), x_BLD * mask_BL[..., None]
