"""The detector: a small convolutional network that says for each cell of a frame whether a thing's centre is there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from assets.checkers import fitting
from assets.checkers.patches import SHORT, Picture, Scene, Shown, laid, mirrored
from models.precision import autocast

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parent / "weights" / "detector.safetensors"
STRIDE = 4  # pixels of a cell
_COARSE = 16  # a frame's sides are multiples of it
_BATCH = 16
_FROM_CLIPS = 5  # of a batch: frames of whole clips
_FRAMES = 8  # looked at together: memory stays small
_RATE = 2e-3
_NEAR = 0.13  # of its extent: cells whose middle is so near to a thing's centre answer for it
_AROUND = 0.26  # cells nearer than this that do not answer are not asked whether something is there
_HIDDEN = 0.4  # share of a thing that is seen below which nobody is asked for it
_PARTS = (1, 3)  # there, place


@dataclass(frozen=True, eq=False)
class Maps:
    """What is seen in each cell of F frames, h x w cells of ``STRIDE`` pixels at a short side of ``SHORT``.

    Attributes:
        there: Probability that a thing's centre is in the cell, [F, h, w].
        place: Right and down to the centre in cells, log2 of the extent over 32 pixels, [F, h, w, 3].
    """

    there: NDArray[np.float32]
    place: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Targets:
    """What h x w cells are asked.

    Attributes:
        there: 1 where a thing's centre is, 0 where none is, -1 where nobody asks, [h, w].
        place: Right and down from the cell's middle to the centre in cells, log2 of the extent / 32, [3, h, w].
    """

    there: NDArray[np.float32]
    place: NDArray[np.float32]


def network() -> "torch.nn.Module":
    """RGB in -1 to 1, [B, 3, H, W], to [B, 4, H/4, W/4]: a pyramid whose coarse part sees the whole of a thing."""
    import torch
    from torch import nn

    def layer(inner: int, outer: int, side: int, step: int = 1, dilation: int = 1) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inner, outer, side, step, dilation * (side // 2), dilation, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
        )

    class Pyramid(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fine = nn.Sequential(layer(3, 24, 5, 2), layer(24, 48, 3, 2))
            self.middle = nn.Sequential(layer(48, 96, 3, 2), layer(96, 96, 3))
            self.coarse = nn.Sequential(layer(96, 96, 3, 2), layer(96, 96, 3), layer(96, 96, 3, dilation=2))
            self.back = layer(96, 96, 3)
            self.across = layer(96, 32, 1)
            self.last = nn.Sequential(layer(48 + 32, 48, 3), nn.Conv2d(48, sum(_PARTS), 1))

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            fine = self.fine(pictures)
            middle = self.middle(fine)
            middle = self.back(middle + nn.functional.interpolate(self.coarse(middle), scale_factor=2.0))
            wide = nn.functional.interpolate(self.across(middle), scale_factor=2.0)
            return cast("torch.Tensor", self.last(torch.cat([fine, wide], dim=1)))

    return Pyramid()


def train(
    backs: Sequence[Scene],
    clips: Sequence[Picture],
    steps: int,
    seed: int,
    half_way: Path,
    first: "torch.nn.Module | None" = None,
) -> "torch.nn.Module":
    """A network trained on things laid on ``backs`` and on frames of ``clips``; equal arguments, equal network.

    Args:
        backs: Empty scenes to lay things on.
        clips: Frames of whole clips.
        steps: Batches.
        seed: Of the first weights and of the pictures.
        half_way: Where the training is kept while it runs, to go on from.
        first: What an earlier round gave, to be trained further in place at half the rate; None begins anew.
    """
    import torch

    torch.manual_seed(seed)
    net = fitting.pixelwise(network()) if first is None else first.train()

    def loss_of(step: int) -> "torch.Tensor":
        rng = np.random.default_rng([seed, step])
        batch = [clips[int(rng.integers(len(clips)))] for _ in range(_FROM_CLIPS)]
        batch += [laid(rng, backs) for _ in range(_BATCH - _FROM_CLIPS)]
        return _loss(net, [mirrored(one) if rng.random() < 0.5 else one for one in batch])

    fitting.fit(net, loss_of, steps, _RATE if first is None else _RATE / 2, half_way)
    return net.eval()


def _loss(net: "torch.nn.Module", batch: Sequence[Picture]) -> "torch.Tensor":
    """Focal cross-entropy of what is there (Lin et al., 2017, gamma 2), and the distance to where it is."""
    import torch
    from torch.nn import functional

    targets = [targets_of(one.shown, one.pixels.shape[0], one.pixels.shape[1]) for one in batch]
    with autocast():
        out = net(_input(np.stack([one.pixels for one in batch]))).float()
    there, place = out.split(_PARTS, dim=1)
    asked = torch.from_numpy(np.stack([one.there for one in targets]))
    near = asked == 1
    plain = functional.binary_cross_entropy_with_logits(there[:, 0], asked.clamp(min=0), reduction="none")
    wrong = torch.where(near, 1 - there[:, 0].sigmoid(), there[:, 0].sigmoid())
    number = near.sum().clamp(min=1)
    seen = (wrong.square() * plain * (asked >= 0)).sum() / number
    gap = (place - torch.from_numpy(np.stack([one.place for one in targets]))).abs()
    gap = gap * torch.tensor([0.5, 0.5, 1.0])[:, None, None]
    return seen + 0.5 * (gap.sum(1) * near).sum() / number


def targets_of(shown: Sequence[Shown], height: int, width: int) -> Targets:
    """What the cells of a picture of that size are asked."""
    rows, columns = height // STRIDE, width // STRIDE
    there, place = np.zeros((rows, columns), np.float32), np.zeros((3, rows, columns), np.float32)
    nearest = np.full((rows, columns), np.inf)
    for one in shown:
        right = (one.x - (np.arange(columns) + 0.5) * STRIDE)[None]
        down = (one.y - (np.arange(rows) + 0.5) * STRIDE)[:, None]
        away = np.hypot(right, down)
        around = (away <= max(_AROUND * one.extent, 1.5 * STRIDE)) & (there != 1)
        if one.share < _HIDDEN:
            there[around] = -1
            continue
        near = (away <= max(_NEAR * one.extent, 0.75 * STRIDE)) & (away < nearest)
        there[around] = -1
        there[near], nearest[near] = 1, away[near]
        offsets = np.stack(np.broadcast_arrays(right / STRIDE, down / STRIDE, math.log2(one.extent / 32)))
        place[:, near] = offsets[:, near]
    return Targets(there, place)


def look_at(small: NDArray[np.uint8]) -> Maps:
    """What the committed network sees in frames as ``resized`` gives them."""
    import torch

    net = _loaded()
    found: list[list[torch.Tensor]] = []
    with torch.inference_mode():
        for start in range(0, len(small), _FRAMES):
            there, place = net(_input(small[start : start + _FRAMES])).permute(0, 2, 3, 1).split(_PARTS, dim=-1)
            found.append([there[..., 0].sigmoid(), place])
    return Maps(*(torch.cat(parts).contiguous().numpy() for parts in zip(*found, strict=True)))


def resized(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames [F, H, W, 3] at a short side of ``SHORT``, the other one a multiple of 16."""
    import cv2

    height, width = frames.shape[1:3]
    ratio = SHORT / min(height, width)
    size = tuple(max(SHORT, round(side * ratio / _COARSE) * _COARSE) for side in (width, height))
    if size == (width, height):
        return frames
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
    return np.stack([cv2.resize(frame, size, interpolation=how) for frame in frames])


def _input(pictures: NDArray[np.uint8]) -> "torch.Tensor":
    import torch

    shown = torch.tensor(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return (shown.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


@cache
def _loaded() -> "torch.nn.Module":
    return fitting.pixelwise(fitting.load(network(), WEIGHTS))
