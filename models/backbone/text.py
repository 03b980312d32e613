"""How a network reads its text encoders: each through its own projection and norm, all as one row of tokens.

Shapes: B batch, L tokens of an encoder, E width of its states, S tokens of all encoders, D width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.backbone.errors import TextDoesNotFit
from models.text.config import TextConfig

Text = Sequence[tuple[Tensor, Tensor]]
"""States [B, L, E] and mask [B, L] of each encoder, in the order of ``models.text.config.ROLES``."""


class TextTokens(nn.Module):
    """Text tokens at the network's width (Movie Gen 3.1.3): ``concat_e(LayerNorm_e(W_e states_e))``.

    Norms of their own bring encoders of any scale to the cross-attention at one scale.

    Args:
        config: The encoders.
        width: Of the network, D.
    """

    def __init__(self, config: TextConfig, width: int) -> None:
        super().__init__()
        encoders = config.encoders.items()
        # Not a ModuleList: ZeRO-3 gathers a list's members as units, which must have an input that needs a gradient.
        self.projections = nn.ModuleDict({role: nn.Linear(each.width, width, bias=False) for role, each in encoders})
        self.norms = nn.ModuleDict({role: nn.LayerNorm(width) for role in config.encoders})

    def forward(self, text: Text) -> tuple[Tensor, Tensor]:
        """Tokens [B, S, D] and mask [B, S], true where a token is real.

        An encoder may give no tokens at all (L = 0); in each row at least one token of all is real.

        Raises:
            TextDoesNotFit: Another number of encoders, or states of another width.
        """
        if not torch.compiler.is_compiling():
            self._check(text)
        tokens = [
            norm(projection(states_BLE))
            for projection, norm, (states_BLE, _) in zip(
                self.projections.values(), self.norms.values(), text, strict=True
            )
        ]
        return torch.cat(tokens, dim=1), torch.cat([mask_BL for _, mask_BL in text], dim=1)

    def _check(self, text: Text) -> None:
        if len(text) != len(self.projections):
            raise TextDoesNotFit(
                f"states of {len(text)} text encoders were given to a network that reads {list(self.projections)}"
            )
        for (role, projection), (states_BLE, _) in zip(self.projections.items(), text, strict=True):
            if states_BLE.shape[-1] != projection.in_features:
                raise TextDoesNotFit(
                    f"states of the {role} encoder are {states_BLE.shape[-1]} wide, the network reads "
                    f"{projection.in_features}: encode the texts with the encoders of its configuration"
                )
