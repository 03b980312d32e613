"""Fitting: the loop that trains a judge's network, which goes on where it was killed."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from models.files import write_bytes

if TYPE_CHECKING:
    import torch

_DECAY = 0.02
_WARM = 300  # steps in which the rate rises
_SLOW = 5000  # ... and in which it would fall to nothing by itself, along a cosine that ends before
_KEEP = 200  # steps between two saves
_TELL = 100  # steps between two lines of progress


def fit(
    net: "torch.nn.Module", loss_of: Callable[[int], "torch.Tensor"], steps: int, rate: float, half_way: Path
) -> None:
    """Train in place by AdamW, the rate falling slowly, and over the last third quickly to nothing.

    Up to there it does not depend on ``steps``: a training may be prolonged while it runs and stays the same.

    Args:
        net: Its first weights are made.
        loss_of: The loss of a step's batch; the number of the step alone decides what the batch is.
        steps: How many.
        rate: The highest learning rate.
        half_way: Where the state is kept while it trains. What is there is gone on with; in the end it is removed.
    """
    import torch

    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=_DECAY)
    first = _restore(net, optimiser, half_way) if half_way.exists() else 0
    begun = time.monotonic()
    for step in range(first, steps):
        warm, cool = min(1.0, (step + 1) / _WARM), min(1.0, 3 * (steps - step) / steps)
        slow = 0.5 * (1 + math.cos(math.pi * min(step / _SLOW, 0.7)))
        optimiser.param_groups[0]["lr"] = rate * warm * slow * cool
        loss = loss_of(step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if (step + 1) % _KEEP == 0:
            _keep(net, optimiser, half_way, step + 1)
        if (step + 1) % _TELL == 0:
            left = (time.monotonic() - begun) / (step + 1 - first) * (steps - step - 1)
            tell(f"{half_way.stem}: step {step + 1} of {steps}, loss {loss.item():.3f}, {left / 60:.0f} min left")
    half_way.unlink(missing_ok=True)


def tell(line: str) -> None:
    """Say how far a training is."""
    print(line, flush=True)  # noqa: T201  the progress of a command


def pixelwise(net: "torch.nn.Module") -> "torch.nn.Module":
    """The same network with the channels of a pixel side by side in memory, which convolutions are faster on."""
    import torch

    for part in net.parameters():
        if part.dim() == 4:
            part.data = part.data.contiguous(memory_format=torch.channels_last)
    return net


def save(net: "torch.nn.Module", path: Path) -> None:
    """Write weights as float16 safetensors, whole or not at all."""
    import torch
    from safetensors.torch import save as packed

    state = {name: part.half() if part.is_floating_point() else part for name, part in net.state_dict().items()}
    write_bytes(path, packed({name: part.contiguous() for name, part in state.items() if part.dtype != torch.int64}))


def load(net: "torch.nn.Module", path: Path) -> "torch.nn.Module":
    """The network with the weights that ``save`` wrote, ready to judge. Raises FileNotFoundError where nobody did."""
    from safetensors.torch import load_file

    own = net.state_dict()
    net.load_state_dict(own | {name: part.to(own[name].dtype) for name, part in load_file(path).items()})
    return net.eval()


def _keep(net: "torch.nn.Module", optimiser: "torch.optim.Optimizer", path: Path, step: int) -> None:
    from safetensors.torch import save as packed

    parts = {f"net.{name}": part.contiguous() for name, part in net.state_dict().items()}
    for number, state in optimiser.state_dict()["state"].items():
        parts |= {f"optimiser.{number}.{name}": part.contiguous() for name, part in state.items()}
    write_bytes(path, packed(parts, {"step": str(step)}))


def _restore(net: "torch.nn.Module", optimiser: "torch.optim.Optimizer", path: Path) -> int:
    """Take up what ``_keep`` wrote; the step to go on with."""
    from safetensors import safe_open

    with safe_open(path, "pt") as kept:
        step = int(kept.metadata()["step"])
        parts = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118  not a dictionary
    net.load_state_dict({name[4:]: part for name, part in parts.items() if name.startswith("net.")})
    states: dict[int, dict[str, torch.Tensor]] = {}
    for name, part in parts.items():
        if name.startswith("optimiser."):
            _, number, of = name.split(".")
            states.setdefault(int(number), {})[of] = part
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": states, "param_groups": groups})
    return step
