"""Exponential moving average of the weights of a model in one process."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_COUNT = "updates"


class WeightAverage:
    """Averaged parameters, by name.

    The decay of update n is min(decay, (1 + n) / (10 + n)), so that a short training is not held back by its start.

    Args:
        model: Its parameters that are trained are followed; the others never move.
        decay: Limit of the decay, between 0 and 1.

    Raises:
        ValueError: The decay is outside.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        if not 0 < decay < 1:
            raise ValueError(f"the average's decay is {decay}: it lies between 0 and 1, both left out")
        self._decay = decay
        self._values = {name: value.detach().clone() for name, value in _trained(model).items()}
        self._updates = 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Follow the weights after an optimizer step."""
        self._updates += 1
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        torch._foreach_lerp_(list(self._values.values()), list(_trained(model).values()), 1 - decay)

    @torch.no_grad()
    def give(self, model: nn.Module) -> None:
        """Put the averaged weights in place of the model's own."""
        for name, value in _trained(model).items():
            value.copy_(self._values[name])

    def state(self) -> dict[str, Tensor]:
        """What ``restore`` takes."""
        return self._values | {_COUNT: torch.tensor(self._updates)}

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from ``state``."""
        self._updates = int(state[_COUNT])
        for name, value in self._values.items():
            value.copy_(state[name])


def _trained(model: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in model.named_parameters() if value.requires_grad}
