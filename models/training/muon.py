"""Muon: momentum whose matrix updates are orthogonalised (Jordan 2024), AdamW for everything that is no matrix."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from models.precision import fast_bfloat16

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # the quintic that pulls every singular value to about 1 in five rounds
_ROUNDS = 5
_ADAM_SIZE = 0.2  # root mean square of an AdamW update: one learning rate then fits both kinds (Moonlight, 2502.16982)


def orthogonalised(gradient_MN: Tensor) -> Tensor:
    """``U V^T`` of the matrix ``U S V^T``, approximately: singular values between 0.7 and 1.2.

    Rounds run in bfloat16, as the coefficients were made for, where that is fast: the result is rough anyway.
    """
    a, b, c = _NEWTON_SCHULZ
    tall = gradient_MN.shape[0] > gradient_MN.shape[1]
    x = gradient_MN.T if tall else gradient_MN
    x = x / (x.norm() + 1e-7)
    if x.device.type != "cpu" or fast_bfloat16():
        x = x.bfloat16()
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(gradient_MN.dtype)


class Muon(torch.optim.Optimizer):
    """Muon for parameters of two dimensions and more (convolutions as output by everything else), AdamW for the rest.

    From a random start, small conv nets need a fraction of the steps that AdamW does.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        *,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.95),
        weight_decay: float = 0.01,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "betas": betas, "weight_decay": weight_decay}
        super().__init__(parameters, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        if closure is not None:
            raise TypeError("Muon takes no closure: compute gradients first, then call step()")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    update = self._matrix if parameter.ndim >= 2 else self._vector
                    update(parameter, parameter.grad, group)

    def _matrix(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        nesterov = torch.lerp(gradient, state["momentum"], group["momentum"])
        update = orthogonalised(nesterov.flatten(1))
        size = group["lr"] * _ADAM_SIZE * max(update.shape) ** 0.5
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(update.reshape(parameter.shape), alpha=-size)

    def _vector(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        first, second = group["betas"]
        state = self.state[parameter]
        if not state:
            state["first"], state["second"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
            state["count"] = torch.zeros(())
        state["count"] += 1
        state["first"].lerp_(gradient, 1 - first)
        state["second"].lerp_(gradient.square(), 1 - second)
        count = float(state["count"])
        mean, square = state["first"] / (1 - first**count), state["second"] / (1 - second**count)
        parameter.addcdiv_(mean, square.sqrt().add_(1e-8), value=-group["lr"])
