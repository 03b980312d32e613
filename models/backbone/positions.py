"""Factorised learned positions: a table for time, one for height, one for width; their sum marks a token."""

import math

import torch
from torch import Tensor, nn

from models.backbone.errors import WeightsDoNotFit

_AMPLITUDE = 0.3
_LONGEST = 64.0  # patches: wavelength of the slowest wave that tables start from


class Positions(nn.Module):
    """phi_t + phi_h + phi_w for each token of a grid (Movie Gen 3.1.3).

    A smaller grid uses the first entries in time and the middle ones in height and width: the middle of a picture is
    the middle at every size and aspect ratio, so what was learned at one size holds at the next.

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
        """Start from waves, which tell neighbours apart from the first step: small random entries take long to."""
        with torch.no_grad():
            for axis, table in enumerate((self.time_TD, self.height_HD, self.width_WD)):
                # Each axis has its waves in other channels: equal ones would make rows and columns interchangeable.
                entries, width = table.shape
                table.copy_(waves(entries, width).roll(axis * width // 3, dims=1))

    def forward(self, grid: tuple[int, int, int]) -> Tensor:
        """Positions [1, N, D] of a grid of tokens, in the order of :func:`models.backbone.patches.to_patches`."""
        frames, rows, columns = grid
        top, left = (entries // 2 - used // 2 for entries, used in zip(self.sizes[1:], grid[1:], strict=True))
        sum_THWD = (
            self.time_TD[:frames, None, None]
            + self.height_HD[None, top : top + rows, None]
            + self.width_WD[None, None, left : left + columns]
        )
        return sum_THWD.reshape(1, frames * rows * columns, -1)

    @torch.no_grad()
    def grow(self, positions: tuple[int, int, int]) -> None:
        """Lengthen the tables to ``positions`` entries (see :func:`extended`): smaller grids give what they gave."""
        for name, entries in zip(("time_TD", "height_HD", "width_WD"), positions, strict=True):
            setattr(self, name, nn.Parameter(extended(getattr(self, name), entries, name)))
        self.sizes = positions


def waves(entries: int, width: int) -> Tensor:
    """Sines and cosines of the place [N, D], from two patches to ``_LONGEST`` in wavelength; zero is the middle."""
    place_N1 = torch.arange(entries)[:, None] - float(entries // 2)
    share_D = torch.linspace(0, 1, width // 2)
    angle_ND = place_N1 * math.pi * (2.0 / _LONGEST) ** share_D
    table = torch.cat([angle_ND.sin(), angle_ND.cos(), torch.zeros(entries, width % 2)], dim=1)
    return _AMPLITUDE * table


def extended(table: Tensor, entries: int, name: str) -> Tensor:
    """A position table with ``entries`` rows: the old rows, and repetitions of the outermost ones around them.

    Time grows at its end, height and width on both sides. Old entries stay, so every grid that fitted gives the output
    that it gave; a new position starts as its nearest known neighbour, which is in the range that the layers have
    learned to read, and is told apart by training.

    Raises:
        WeightsDoNotFit: The table would have to shrink.
    """
    old = table.shape[0]
    if entries < old:
        raise WeightsDoNotFit(f"position table {name} has {old} entries and cannot shrink to {entries}: keep {old}")
    before = 0 if name.endswith("time_TD") else entries // 2 - old // 2
    after = entries - old - before
    return torch.cat([table[:1].expand(before, -1), table, table[-1:].expand(after, -1)]).clone()
