"""The ranker: a sum of curves, one of each number of a picture, that is higher for the better one of two."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.curation.aesthetics.features import Floats, features

WEIGHTS = Path(__file__).parent / "weights" / "ranker.safetensors"
GOOD, LEAST = 6.0, 4.0  # of ordinary pictures; between these and badly spoiled ones (the paper's least)
_FARTHEST = 3.0  # standard deviations that a number counts
_KNOTS = (0.5,)  # standard deviations, either way, at which its curve bends
_STEPS, _RATE, _DECAY, _NOISE = 400, 2e-2, 0.3, 0.3
_BATCH = 2000  # pairs

Halves = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Ranker:
    """Numbers of pictures to scores of 0 to 10.

    Attributes:
        middle, spread: Mean and standard deviation of each number in training, [D].
        slopes: Of the pieces of all curves, [D * (1 + 2 * knots)].
        scale: Slope and offset of what goes through the logistic curve.
    """

    middle: Halves
    spread: Halves
    slopes: Halves
    scale: NDArray[np.float32]

    def raw(self, table: Floats) -> Floats:
        """Scores [N] of numbers [N, D], in the ranker's own units."""
        return np.asarray(_pieces(table, self.middle, self.spread) @ self.slopes.astype(float))

    def scores(self, table: Floats) -> Floats:
        """Scores [N] of numbers [N, D], 0 to 10."""
        return np.asarray(10 / (1 + np.exp(-(self.scale[0] * self.raw(table) + self.scale[1]))))

    def save(self, path: Path) -> None:
        """Write it as safetensors, whole or not at all."""
        from safetensors.numpy import save

        from models.files import write_bytes

        write_bytes(path, save({name: np.ascontiguousarray(part) for name, part in vars(self).items()}))

    @classmethod
    def load(cls, path: Path) -> "Ranker":
        """Read what ``save`` wrote. Raises FileNotFoundError where nobody did."""
        from safetensors.numpy import load_file

        return cls(**load_file(path))


def aesthetics(picture: NDArray[np.uint8]) -> float:
    """The score of a picture uint8 [H, W, 3] RGB, 0 to 10; see ``assets.curation.aesthetics.train``."""
    return float(_loaded().scores(features(picture)[None])[0])


def fit(table: Floats, better: NDArray[np.int64], worse: NDArray[np.int64], seed: int) -> Ranker:
    """A ranker by AdamW on the logistic loss of pairs (RankNet, Burges et al. 2005); equal arguments, equal weights.

    A network with hidden layers ranks pictures of sources that it has not seen no better: it learns the few it has.

    Args:
        table: Numbers of pictures, [N, D].
        better: Rows [P].
        worse: Rows [P], each worse than that of the same place in ``better``.
        seed: Of the batches.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    middle, spread = table.mean(axis=0).astype(np.float16), (table.std(axis=0) + 1e-3).astype(np.float16)
    inputs = torch.from_numpy(_pieces(table, middle, spread).astype(np.float32))
    first, second = torch.from_numpy(better), torch.from_numpy(worse)
    slopes = nn.Parameter(torch.zeros(inputs.shape[1]))
    optimiser = torch.optim.AdamW([slopes], lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=_STEPS)
    for _ in range(_STEPS):
        chosen = torch.randint(len(first), (_BATCH,))
        apart = inputs[second[chosen]] - inputs[first[chosen]]
        loss = nn.functional.softplus((apart + _NOISE * torch.randn_like(apart)) @ slopes).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    return Ranker(middle, spread, slopes.detach().numpy().astype(np.float16), np.array([1.0, 0.0], np.float32))


def _pieces(table: Floats, middle: Halves, spread: Halves) -> Floats:
    """Numbers [N, D] in standard deviations, and how far each is beyond each knot."""
    inputs = np.clip((table - middle) / spread.astype(float), -_FARTHEST, _FARTHEST)
    bent = [np.maximum(sign * inputs - knot, 0) for knot in _KNOTS for sign in (1, -1)]
    return np.concatenate([inputs, *bent], axis=1)


@cache
def _loaded() -> Ranker:
    return Ranker.load(WEIGHTS)
