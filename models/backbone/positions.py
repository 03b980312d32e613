"""Factorised learned positions: a table for time, one for height, one for width; their sum marks a token."""

import torch
from torch import Tensor, nn

from models.backbone.errors import WeightsDoNotFit

_STD = 0.02


class Positions(nn.Module):
    """phi_t + phi_h + phi_w for each token of a grid (Movie Gen 3.1.3). A smaller grid uses the first entries.

    Args:
        positions: Entries in time, height and width, in patches.
        width: Model width D.

    Attributes:
        sizes: Entries in time, height and width.
    """

    def __init__(self, positions: tuple[int, int, int], width: int) -> None:
        super().__init__()
        self.sizes = positions  # kept apart from the tables, whose shapes are empty while ZeRO-3 has them in shards
        self.time_TD, self.height_HD, self.width_WD = (nn.Parameter(torch.empty(n, width)) for n in positions)

    def reset_parameters(self) -> None:
        """Start from small random entries."""
        for table in self.parameters(recurse=False):
            nn.init.normal_(table, std=_STD)

    def forward(self, grid: tuple[int, int, int]) -> Tensor:
        """Positions [1, N, D] of a grid of tokens, in the order of :func:`models.backbone.patches.to_patches`."""
        frames, rows, columns = grid
        sum_THWD = (
            self.time_TD[:frames, None, None] + self.height_HD[None, :rows, None] + self.width_WD[None, None, :columns]
        )
        return sum_THWD.reshape(1, frames * rows * columns, -1)

    @torch.no_grad()
    def grow(self, positions: tuple[int, int, int]) -> None:
        """Lengthen the tables to ``positions`` entries (see :func:`extended`): smaller grids give what they gave."""
        for name, entries in zip(("time_TD", "height_HD", "width_WD"), positions, strict=True):
            setattr(self, name, nn.Parameter(extended(getattr(self, name), entries, name)))
        self.sizes = positions


def extended(table: Tensor, entries: int, name: str) -> Tensor:
    """A position table with ``entries`` rows: the old rows, then repetitions of the last one.

    Old entries stay, so every grid that fitted gives the output that it gave; a new position starts as its nearest
    known neighbour, which is in the range that the layers have learned to read, and is told apart by training.

    Raises:
        WeightsDoNotFit: The table would have to shrink.
    """
    old = table.shape[0]
    if entries < old:
        raise WeightsDoNotFit(f"position table {name} has {old} entries and cannot shrink to {entries}: keep {old}")
    return torch.cat([table, table[-1:].expand(entries - old, -1)]).clone()
