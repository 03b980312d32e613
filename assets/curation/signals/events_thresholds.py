"""Thresholds of the classes of sound events: ``python -m assets.curation.signals.events_thresholds`` chooses them.

Each is the one with the best F1, of those whose answers are right at least every other time, over whole scenes of the
training split, which go through AAC and are heard as a film's sound is; of equally good ones the middle. A class for
which there is none is never named. The network that they belong to is not trained again.
"""

import json
import sys

import numpy as np
from numpy.typing import NDArray

from assets.curation.signals.events import CLASSES, THRESHOLDS
from assets.curation.signals.events_scores import scenes
from models.files import write_text

_FIRST, _SCENES = 310_000, 480  # seeds
_PRECISION = 0.5  # below it a name says more wrong than right
_NEVER = 1.0
_GRID = np.round(np.arange(0.02, 0.96, 0.01), 2)


def main() -> None:
    """Choose them, write them beside the weights, and print them."""
    heard, true = scenes("train", _FIRST, _SCENES)
    chosen = {name: best(heard[:, at], true[:, at]) for at, name in enumerate(CLASSES)}
    write_text(THRESHOLDS, json.dumps(chosen, indent=1) + "\n")
    sys.stdout.write("".join(f"{name:16} {value:.2f}\n" for name, value in chosen.items()))


def best(heard: NDArray[np.float64], true: NDArray[np.float64]) -> float:
    """The threshold of one class with the best F1, 1 where it is never right half of the times.

    Args:
        heard: Its largest probability in each scene, [N].
        true: 1 where it is, 0 where it is not, -1 where nobody asks, [N].

    Raises:
        ValueError: It is in no scene.
    """
    heard, right = heard[true >= 0], true[true >= 0] == 1
    if not right.any():
        raise ValueError("the class is in none of the scenes, so no threshold can be chosen: take more scenes")
    said = heard >= _GRID[:, None]
    f1 = 2 * (said & right).sum(axis=1) / (said.sum(axis=1) + right.sum())
    f1[(said & right).sum(axis=1) < _PRECISION * np.maximum(said.sum(axis=1), 1)] = 0.0
    best = _GRID[np.flatnonzero(f1 >= f1.max() - 1e-9)]
    return float(best[len(best) // 2]) if f1.max() > 0 else _NEVER


if __name__ == "__main__":
    main()
