"""An adversary: a network that is trained in turn with the one that it judges, and resumes with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

_BETAS = (0.5, 0.9)
_MODEL, _OPTIMIZER = "model.", "optimizer."


@dataclass
class Adversary:
    """A discriminator with its optimizer.

    Attributes:
        model: The discriminator.
        loss: What it minimises on what it was shown in this step, as a term to log; None while it has no part yet.
        learning_rate: Of AdamW, constant.
        clip_norm: Of its gradient.
    """

    model: nn.Module
    loss: Callable[[], Tensor | None]
    learning_rate: float
    clip_norm: float = 1.0
    _optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        self._optimizer = torch.optim.AdamW(self.model.parameters(), self.learning_rate, _BETAS)

    def step(self) -> dict[str, float]:
        """One update; none where loss or gradient is not finite. The term to log, if it had a part."""
        # The judged network's loss went through the discriminator and left gradients that are not the discriminator's.
        self._optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        if loss is None:
            return {}
        loss.backward()
        if torch.isfinite(nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_norm)):
            self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return {"discriminator": float(loss.detach())}

    def state(self) -> dict[str, Tensor]:
        """What ``restore`` takes."""
        tensors = {f"{_MODEL}{name}": value for name, value in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            for slot, value in self._optimizer.state.get(parameter, {}).items():
                tensors[f"{_OPTIMIZER}{slot}.{name}"] = value
        return tensors

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from ``state``."""
        parts = {k.removeprefix(_MODEL): v for k, v in state.items() if k.startswith(_MODEL)}
        self.model.load_state_dict(parts)
        self._optimizer.state.clear()
        parameters = dict(self.model.named_parameters())
        for key, value in state.items():
            if key.startswith(_OPTIMIZER):
                slot, _, name = key.removeprefix(_OPTIMIZER).partition(".")
                self._optimizer.state[parameters[name]][slot] = value.clone()
