"""The modified discrete cosine transform, as rotations and one matrix product, so that it exports to ONNX.

Shapes: B sounds, N blocks, M samples a block. Orthonormal: the inverse is the transpose, errors in coefficients are
errors in samples of the same energy.
"""

import math

import torch
from torch import Tensor, nn


class Mdct(nn.Module):
    """MDCT with hop M and a sine window of 2M that overlaps M/2 samples of either neighbour.

    An MDCT is a rotation of the samples on both sides of every block border (the window's time-domain aliasing) and
    then a DCT-IV of each block. The two outer edges of a sound are not rotated: N blocks stand for N * M samples.
    """

    cosines: Tensor
    keep: Tensor
    swap: Tensor

    def __init__(self, hop: int) -> None:
        super().__init__()
        self.hop = hop
        k = torch.arange(hop, dtype=torch.float64) + 0.5
        angle = math.pi / 4 * (1 + (torch.arange(hop // 2, dtype=torch.float64) + 0.5) * 2 / hop)
        # Not persistent: constants of the definition, not weights.
        cosines = math.sqrt(2 / hop) * torch.cos(math.pi / hop * torch.outer(k, k))
        self.register_buffer("cosines", cosines.float(), persistent=False)
        self.register_buffer("keep", torch.sin(angle).float(), persistent=False)
        self.register_buffer("swap", torch.cos(angle).float(), persistent=False)

    def forward(self, blocks_BNM: Tensor) -> Tensor:
        """Coefficients ``[B, N, M]``, low frequencies first, of consecutive blocks of samples."""
        return self._rotate(blocks_BNM, 1.0) @ self.cosines

    def inverse(self, coefficients_BNM: Tensor) -> Tensor:
        """The blocks of samples ``[B, N, M]``."""
        return self._rotate(coefficients_BNM @ self.cosines, -1.0)

    def _rotate(self, x_BNM: Tensor, direction: float) -> Tensor:
        """Rotate each pair of samples at equal distance from a border by the window's angle there.

        The signs follow the DCT-IV, whose waves go on even over the left border and odd over the right one.
        """
        head, tail = x_BNM.chunk(2, dim=-1)
        before, after = tail[:, :-1].flip(-1), head[:, 1:]  # distance from the border rises in both
        swap = direction * self.swap
        turned_before = self.keep * before - swap * after
        turned_after = self.keep * after + swap * before
        head = torch.cat([head[:, :1], turned_after], dim=1)
        tail = torch.cat([turned_before.flip(-1), tail[:, -1:]], dim=1)
        return torch.cat([head, tail], dim=-1)
