"""Words as free vectors, which draw both towers apart in training and are left behind after it.

Shapes: B batch, E joint space, V words of one sort.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_SHARPNESS = 20.0  # of the logits: a clip that holds one word of each of five sorts is at 1 / sqrt(5) from each


class Words(nn.Module):
    """A unit vector for each word, sort by sort, such as kinds and colours.

    A clip is drawn to the words of what it shows, a text to those that it says. A text tower by itself starts with all
    texts nearly parallel, and pictures then have nothing to part for; free vectors are far apart from the beginning.

    Args:
        counts: How many words each sort has.
        dim: Of the joint space.
    """

    def __init__(self, counts: Sequence[int], dim: int) -> None:
        super().__init__()
        self.vectors = nn.ParameterList(torch.randn(count, dim) * dim**-0.5 for count in counts)

    def forward(self, vectors_BE: Tensor) -> list[Tensor]:
        """Logits [B, V] of unit vectors with the words of each sort."""
        return [_SHARPNESS * vectors_BE @ nn.functional.normalize(words_VE, dim=-1).T for words_VE in self.vectors]
