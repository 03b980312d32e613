"""A small classifier of feature vectors: standardised inputs, one hidden layer, NumPy at judging time."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RATE, _DECAY, _NOISE, _DROPPED = 4e-3, 0.02, 0.05, 0.1


@dataclass(frozen=True, eq=False)
class Classifier:
    """Features of D numbers to probabilities of K classes.

    Attributes:
        middle, spread: Mean and standard deviation of each feature in training, [D].
        weights, biases: Of the hidden layer [D, H] and [H], and of the output [H, K] and [K].
    """

    middle: NDArray[np.float32]
    spread: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], NDArray[np.float32]]
    biases: tuple[NDArray[np.float32], NDArray[np.float32]]

    def probabilities(self, features: Floats) -> Floats:
        """[N, K] of features [N, D]."""
        hidden = np.clip((features - self.middle) / self.spread, -6, 6) @ self.weights[0] + self.biases[0]
        logits = np.maximum(hidden, 0) @ self.weights[1] + self.biases[1]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def save(self, path: Path) -> None:
        """Write it as safetensors, the many weights in half precision; whole or not at all."""
        from safetensors.numpy import save

        from models.files import write_bytes

        named = {"middle": self.middle, "spread": self.spread}
        for layer in range(2):
            named |= {f"weights.{layer}": self.weights[layer], f"biases.{layer}": self.biases[layer]}
        named["weights.0"] = named["weights.0"].astype(np.float16)
        write_bytes(path, save({name: np.ascontiguousarray(part) for name, part in named.items()}))

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """Read what ``save`` wrote. Raises FileNotFoundError where nobody did."""
        from safetensors.numpy import load_file

        named = {name: part.astype(np.float32) for name, part in load_file(path).items()}
        return cls(
            named["middle"],
            named["spread"],
            (named["weights.0"], named["weights.1"]),
            (named["biases.0"], named["biases.1"]),
        )


def fit(
    features: NDArray[np.floating],
    classes: NDArray[np.int64],
    count: int,
    seed: int,
    *,
    hidden: int = 96,
    steps: int = 500,
    batch: int | None = None,
) -> Classifier:
    """A classifier of ``count`` classes by AdamW on cross-entropy; equal arguments give equal weights.

    Args:
        features: [N, D].
        classes: Index of each row's class, [N].
        count: How many classes there are.
        seed: Of the first weights, and of the order of the rows.
        hidden: Units of the hidden layer.
        steps: Of the optimiser.
        batch: Rows of a step; None takes all of them.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    inputs = torch.from_numpy(np.clip((features - middle) / spread, -6, 6).astype(np.float32))
    goal = torch.from_numpy(classes)
    net = nn.Sequential(nn.Linear(features.shape[1], hidden), nn.ReLU(), nn.Dropout(_DROPPED), nn.Linear(hidden, count))
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    order = torch.arange(0)
    for _ in range(steps):
        some, goals = inputs, goal
        if batch is not None:
            order = order if len(order) >= batch else torch.randperm(len(inputs))
            some, goals, order = inputs[order[:batch]], goal[order[:batch]], order[batch:]
        loss = nn.functional.cross_entropy(net(some + _NOISE * torch.randn_like(some)), goals, label_smoothing=0.02)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    first, last = net[0], net[3]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    return Classifier(
        middle.astype(np.float32),
        spread.astype(np.float32),
        (first.weight.detach().numpy().T.copy(), last.weight.detach().numpy().T.copy()),
        (first.bias.detach().numpy().copy(), last.bias.detach().numpy().copy()),
    )
