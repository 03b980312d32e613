"""The detector: a small convolutional network that says for each cell of a frame which thing's centre is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.checkers.patches import SHORT, SIDE, STRIDE, Scene, Targets, batch
from assets.checkers.vocabulary import COLOURS, KINDS

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parent / "weights" / "detector.safetensors"
_BATCH = 48
_FRAMES = 8  # looked at together: memory stays small
_RATE = 2.5e-3
_SMOOTHING = 0.02
_PARTS = (1, len(KINDS), len(COLOURS), 3)  # there, kind, colour, place


@dataclass(frozen=True, eq=False)
class Maps:
    """What is seen in each cell of F frames, h x w cells of ``STRIDE`` pixels at a short side of ``SHORT``.

    Attributes:
        there: Probability that a thing's centre is in the cell, [F, h, w].
        kind: Logarithm of each kind's probability, [F, h, w, K].
        colour: Logarithm of each colour's, [F, h, w, C].
        place: Right and down to the centre in cells, log2 of the extent over 32 pixels, [F, h, w, 3].
    """

    there: NDArray[np.float32]
    kind: NDArray[np.float32]
    colour: NDArray[np.float32]
    place: NDArray[np.float32]


def network() -> "torch.nn.Sequential":
    """RGB in -1 to 1, [B, 3, H, W], to [B, 85, H/8, W/8]; each cell sees 97 pixels about it. 0.3 M parameters."""
    from torch import nn

    layers: list[nn.Module] = []
    for inner, outer, side, step in ((3, 24, 5, 2), (24, 48, 3, 2), (48, 80, 3, 2), *[(80, 80, 3, 1)] * 4):
        layers += [
            nn.Conv2d(inner, outer, side, step, side // 2, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(80, sum(_PARTS), 1))


def train(backs: list[Scene], cycles: Sequence[int], seed: int) -> "torch.nn.Sequential":
    """A network trained on batches of patches; the same arguments give the same network.

    Args:
        backs: Empty scenes to lay things on.
        cycles: Steps of each cycle, in which the learning rate rises once and falls to nothing.
        seed: Of the first weights and of the patches.
    """
    import torch

    torch.manual_seed(seed)
    net = network()
    for number, steps in enumerate(cycles):
        rng = np.random.default_rng([seed, number])
        optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.15)
        for _ in range(steps):
            loss = _loss(net, *batch(rng, backs, _BATCH))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def _loss(net: "torch.nn.Sequential", pictures: NDArray[np.uint8], targets: Targets) -> "torch.Tensor":
    """Cross-entropies of what is there, its kind and its colour, and the distance to where it is."""
    import torch
    from torch.nn import functional

    there, kind, colour, place = net(_input(pictures)).split(_PARTS, dim=1)
    asked = torch.from_numpy(targets.there)
    near = asked == 1
    weight = torch.where(near, 3.0, 1.0) * (asked >= 0)
    loss = functional.binary_cross_entropy_with_logits(there[:, 0], asked.clamp(min=0), weight)
    for part, index in ((kind, targets.kind), (colour, targets.colour)):
        goal = torch.from_numpy(index)
        loss = loss + functional.cross_entropy(part, goal, ignore_index=-1, label_smoothing=_SMOOTHING)
    gap = (place - torch.from_numpy(targets.place)).abs().sum(1)
    return loss + 0.2 * (gap * near).sum() / near.sum().clamp(min=1)


def look_at(frames: NDArray[np.uint8]) -> Maps:
    """What the committed network sees in uint8 [F, H, W, 3]; frames of another size are resized first."""
    import torch

    net = _loaded()
    small = resized(frames)
    found: list[list[torch.Tensor]] = []
    with torch.inference_mode():
        for start in range(0, len(small), _FRAMES):
            out = net(_input(small[start : start + _FRAMES])).permute(0, 2, 3, 1)
            there, kind, colour, place = out.split(_PARTS, dim=-1)
            found.append([there[..., 0].sigmoid(), kind.log_softmax(-1), colour.log_softmax(-1), place])
    return Maps(*(torch.cat(parts).contiguous().numpy() for parts in zip(*found, strict=True)))


def resized(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames at a short side of ``SHORT``, the other one a multiple of a cell."""
    import cv2

    height, width = frames.shape[1:3]
    ratio = SHORT / min(height, width)
    size = tuple(max(SIDE, round(side * ratio / STRIDE) * STRIDE) for side in (width, height))
    if size == (width, height):
        return frames
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
    return np.stack([cv2.resize(frame, size, interpolation=how) for frame in frames])


def _input(pictures: NDArray[np.uint8]) -> "torch.Tensor":
    import torch

    shown = torch.tensor(pictures).permute(0, 3, 1, 2)
    return (shown.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


@cache
def _loaded() -> "torch.nn.Sequential":
    from safetensors.torch import load_file

    net = network()
    net.load_state_dict(load_file(WEIGHTS))
    return net.eval()
