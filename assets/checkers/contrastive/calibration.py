"""Calibration: from which cosine on a caption fits a clip, on clips that are neither trained nor measured on."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.coded import coded
from models.contrastive.frames import prepared

if TYPE_CHECKING:
    from models.contrastive.network import ContrastiveModel
    from models.contrastive.storage import Calibration

_CLIPS, _FIRST = 384, 8_000
_WRONG = 4  # captions of others to each clip
_ROUNDS = 60
Progress = Callable[[str, int, int], None]


def calibrate(model: "ContrastiveModel", progress: Progress) -> "Calibration":
    """The line of log odds for a model, by clips of the validation split, half of them coded, and their captions."""
    import torch

    from models.contrastive.reading import packaged_reader, padded
    from models.contrastive.storage import Calibration

    seen, said = [], []
    with torch.inference_mode():
        for number in range(_CLIPS):
            clip = clips.rendered(_FIRST + number, replace(clips.SOUNDING, split="validation"))
            frames = coded(clip.frames, clips.FPS) if number % 2 else clip.frames
            caption = clip.truth.long if number % 4 == 3 else clip.truth.short
            seen.append(model.video(torch.from_numpy(prepared(frames))[None])[0].numpy())
            said.append(model.text(*padded(packaged_reader().states([caption])))[0][0].numpy())
            progress("calibrating", number + 1, _CLIPS)
    cosines = np.array(seen) @ np.array(said).T
    wrong = np.concatenate([np.diagonal(np.roll(cosines, shift, axis=1)) for shift in range(1, _WRONG + 1)])
    return Calibration(*line(np.diagonal(cosines), wrong))


def line(right: NDArray[np.floating], wrong: NDArray[np.floating]) -> tuple[float, float]:
    """Slope and offset of the logistic regression of right against wrong cosines, both sides weighing the same.

    By Newton's steps with a weak pull to zero, so that sides which do not overlap have a finite slope too.
    """
    x = np.concatenate([right, wrong]).astype(float)
    goal = np.concatenate([np.ones(len(right)), np.zeros(len(wrong))])
    weight = np.concatenate([np.full(len(right), 0.5 / len(right)), np.full(len(wrong), 0.5 / len(wrong))])
    table = np.stack([x, np.ones_like(x)], axis=1)
    pull = np.diag([1e-5, 1e-7])
    found = np.zeros(2)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(table @ found, -40, 40)))
        slope = table.T @ (weight * (chance - goal)) + pull @ found
        bend = (table * (weight * chance * (1 - chance))[:, None]).T @ table + pull
        step = np.linalg.solve(bend, slope)
        found = found - step * min(1.0, 5.0 / float(np.abs(step).max() + 1e-12))
    return float(found[0]), float(found[1])
