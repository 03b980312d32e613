"""Low-rank changes of a network: each matrix is that of an earlier network plus the product of two thin ones."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


class LowRank(nn.Module):
    """The parametrisation W -> W + up down of a matrix W [M, N], which itself does not change (LoRA, 2106.09685).

    ``up`` [M, R] starts at zero, so that at first the matrix is the earlier one.
    """

    def __init__(self, weight_MN: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight_MN.shape
        self.down = nn.Parameter(torch.randn(rank, columns) * columns**-0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight_MN: Tensor) -> Tensor:
        """The changed matrix."""
        return weight_MN + self.up @ self.down


def adapt(network: nn.Module, rank: int, *, fixed: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> None:
    """Let training change linear maps by products of rank ``rank`` alone, vectors and tables as they are.

    Args:
        network: Changed in place.
        rank: Of the changes; a matrix that is no larger is trained as it is.
        fixed: Modules, by the start of their names, that are not trained.
        whole: Modules whose matrices are trained as they are: those that the earlier network does not have.
    """
    for name, module in list(network.named_modules()):
        if fixed and name.startswith(fixed):
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(False)
        elif whole and name.startswith(whole):
            continue
        elif isinstance(module, nn.Linear) and rank < min(module.weight.shape):
            change = LowRank(module.weight, rank)
            module.weight.requires_grad_(False)
            parametrize.register_parametrization(module, "weight", change)


def merge(network: nn.Module) -> None:
    """Put the changed matrices in the place of their parametrisations: an ordinary network again."""
    for module in list(network.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)


def trained(network: nn.Module) -> dict[str, Tensor]:
    """What training changes, by name."""
    return {name: value for name, value in network.named_parameters() if value.requires_grad}
