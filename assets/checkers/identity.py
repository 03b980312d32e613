"""Identity: whether two portraits show the same person, by a small network that names what makes a person.

A person of the world is head, body, skin, hair, top and bottom; the network gives a distribution over each. The
embedding is the square roots of all probabilities over the square root of six: a unit vector, in which the product of
two is the mean over the attributes of Bhattacharyya's coefficient. So equal people come near 1, and each attribute
that differs costs a sixth.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.checkers.judgement import Judgement
from assets.checkers.patches import Scene
from assets.checkers.portraits import CHOICES, SIDE, drawn, portraits
from assets.checkers.things import things

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float64]

WEIGHTS = Path(__file__).parent / "weights" / "identity.safetensors"
_SIZES = tuple(len(options) for options in CHOICES.values())
_SAME = 0.9  # similarity from which two are one: one attribute that differs leaves 5/6
_DRAWN, _BATCH, _STEPS, _RATE, _SMOOTHING = 16_000, 96, 1500, 3e-3, 0.02


def embedding(pictures: NDArray[np.uint8]) -> Floats:
    """The unit vector [32] of the person in a portrait uint8 [H, W, 3], or in several of the same, [N, H, W, 3].

    A portrait shows one person in its middle, ``portraits.REACH`` times as far to each edge as the person is large.
    """
    logarithms = _looked(pictures[None] if pictures.ndim == 3 else pictures).mean(axis=0)
    odds = [np.exp(part - part.max()) for part in np.split(logarithms, np.cumsum(_SIZES)[:-1])]
    return np.sqrt(np.concatenate([part / part.sum() for part in odds]) / len(_SIZES))


def embedding_of(frames: NDArray[np.uint8]) -> Floats:
    """The unit vector [32] of the person in a clip uint8 [F, H, W, 3], or in a picture [H, W, 3], found first.

    Raises:
        NobodySeen: No person is found.
    """
    clip = frames[None] if frames.ndim == 3 else frames
    return embedding(portraits(clip, things(clip)))


def similarity(one: Floats, other: Floats) -> float:
    """How alike the people of two embeddings are, 0 to 1."""
    return float(np.clip(one @ other, 0, 1))


def same(one: Floats, other: Floats) -> Judgement[bool]:
    """Whether two embeddings are of the same person; as sure as their similarity is far from the border."""
    alike = similarity(one, other)
    reach = (1 - _SAME) if alike >= _SAME else _SAME
    return Judgement(alike >= _SAME, 0.5 + 0.5 * min(1.0, abs(alike - _SAME) / reach))


def described(vector: Floats) -> dict[str, Judgement[object]]:
    """What an embedding says of each attribute."""
    parts = np.split(vector**2 * len(_SIZES), np.cumsum(_SIZES)[:-1])
    return {
        name: Judgement(options[int(np.argmax(part))], float(part.max()))
        for (name, options), part in zip(CHOICES.items(), parts, strict=True)
    }


def network() -> "torch.nn.Sequential":
    """RGB in -1 to 1, [B, 3, 48, 48], to 32 logits, those of each attribute together. 0.16 M parameters."""
    from torch import nn

    layers: list[nn.Module] = []
    for inner, outer, side in ((3, 24, 5), (24, 48, 3), (48, 80, 3)):
        layers += [
            nn.Conv2d(inner, outer, side, 2, side // 2, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(80 * (SIDE // 8) ** 2, sum(_SIZES)))


def train(backs: Sequence[Scene], seed: int, count: int = _DRAWN, steps: int = _STEPS) -> "torch.nn.Sequential":
    """A network trained on ``count`` portraits of people that training may see; equal arguments give equal weights."""
    import torch
    from torch.nn import functional

    pictures, people = drawn(np.random.default_rng([seed, 31]), backs, count)
    goals = torch.from_numpy(people)
    torch.manual_seed(seed)
    net = network()
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.15)
    order = torch.arange(0)
    for _ in range(steps):
        order = order if len(order) >= _BATCH else torch.randperm(count)
        rows, order = order[:_BATCH], order[_BATCH:]
        out = net(_input(pictures[rows.numpy()])).split(_SIZES, dim=1)
        loss = torch.stack(
            [
                functional.cross_entropy(part, goals[rows, place], label_smoothing=_SMOOTHING)
                for place, part in enumerate(out)
            ]
        ).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def _looked(pictures: NDArray[np.uint8]) -> Floats:
    """Logarithms of the attributes' probabilities, [N, 32]."""
    import cv2
    import torch

    if pictures.shape[1:3] != (SIDE, SIDE):
        how = cv2.INTER_AREA if min(pictures.shape[1:3]) > SIDE else cv2.INTER_LINEAR
        pictures = np.stack([cv2.resize(picture, (SIDE, SIDE), interpolation=how) for picture in pictures])
    with torch.inference_mode():
        parts = _loaded()(_input(pictures)).split(_SIZES, dim=1)
        return torch.cat([part.log_softmax(dim=1) for part in parts], dim=1).double().numpy()


def _input(pictures: NDArray[np.uint8]) -> "torch.Tensor":
    import torch

    shown = torch.tensor(pictures).permute(0, 3, 1, 2)
    return (shown.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


@cache
def _loaded() -> "torch.nn.Sequential":
    from safetensors.torch import load_file

    net = network()
    net.load_state_dict({name: part.float() for name, part in load_file(WEIGHTS).items()})
    return net.eval()
