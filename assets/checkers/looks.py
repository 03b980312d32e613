"""Looks: a small convolutional network that says what is in a cutting that was made about a thing to its measure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.checkers import fitting
from assets.checkers.patches import Picture, Scene, Shown, laid, mirrored
from assets.checkers.vocabulary import COLOURS, KINDS
from models.precision import autocast

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parent / "weights" / "looks.safetensors"
SIDE = 48  # pixels of a cutting
FILLED = 34  # of them the thing's longest side
NOTHING = len(KINDS)  # place of the answer that no thing is there, or only a part of one
_PARTS = (len(KINDS) + 1, len(COLOURS), 3)  # kind, colour, place
_OUTSIDE = (128, 128, 128)  # what lies beyond the frame
_PICTURES, _FROM_CLIPS = 16, 6  # a batch is cut from so many, of which so many are frames of whole clips
_CUTTINGS = 2  # of each thing
_CLEAR = 0.35  # share of a thing that is seen from which its cutting shows it
_HIDDEN = 0.15  # ... below which nothing is there to be seen
_OFF = 0.08  # standard deviation of the way from the middle of a cutting to its thing, in extents
_WRONG = 0.2  # ... of log2 of its measure over the thing's
_UPON, _UPON_MEASURE = 0.3, 0.6  # measures, and log2 of one over the other, up to which a place is that of a thing
_EMPTY = 1.0  # cuttings of places without a thing, for each picture
_PARTLY = 0.5  # ... and of parts of things or too much of them, for each thing
_BATCH = 256  # cuttings looked at together
_RATE = 2e-3
_SMOOTHING = 0.02


@dataclass(frozen=True, eq=False)
class Looks:
    """What N cuttings show.

    Attributes:
        kinds: Logarithms of the probabilities of each kind, given that there is a thing, [N, K].
        colours: Of each colour, [N, C].
        thing: Probability that there is a thing, and all of it, [N].
        place: Right and down from the cutting's middle to the thing's in measures, log2 of its extent over it, [N, 3].
    """

    kinds: NDArray[np.float64]
    colours: NDArray[np.float64]
    thing: NDArray[np.float64]
    place: NDArray[np.float64]


def network() -> "torch.nn.Sequential":
    """RGB in -1 to 1, [B, 3, 48, 48], to [B, 85]. 0.5 M parameters."""
    from torch import nn

    layers: list[nn.Module] = []
    for inner, outer, side, step in (
        (3, 32, 5, 2),
        (32, 64, 3, 2),
        (64, 64, 3, 1),
        (64, 128, 3, 2),
        (128, 128, 3, 1),
        (128, 48, 1, 1),
    ):
        layers += [
            nn.Conv2d(inner, outer, side, step, side // 2, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
        ]
    flat = 48 * (SIDE // 8) ** 2
    head = (nn.Linear(flat, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(inplace=True), nn.Linear(128, sum(_PARTS)))
    return nn.Sequential(*layers, nn.Flatten(), *head)


def train(
    backs: Sequence[Scene],
    clips: Sequence[Picture],
    steps: int,
    seed: int,
    half_way: Path,
    first: "torch.nn.Module | None" = None,
) -> "torch.nn.Module":
    """A network trained on cuttings of things laid on ``backs`` and of frames of ``clips``; deterministic.

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
        batch = [mirrored(one) if rng.random() < 0.5 else one for one in batch]
        return _loss(net, rng, batch + [laid(rng, backs) for _ in range(_PICTURES - _FROM_CLIPS)])

    fitting.fit(net, loss_of, steps, _RATE if first is None else _RATE / 2, half_way)
    return net.eval()


def _loss(net: "torch.nn.Module", rng: np.random.Generator, batch: Sequence[Picture]) -> "torch.Tensor":
    import torch
    from torch.nn import functional

    pictures, kind, colour, place = cuttings(rng, batch)
    with autocast():
        out = net(_input(pictures)).float()
    kinds, colours, places = out.split(_PARTS, dim=1)
    of_thing = torch.from_numpy(kind) != NOTHING
    loss = functional.cross_entropy(kinds, torch.from_numpy(kind), label_smoothing=_SMOOTHING)
    dyes = torch.from_numpy(np.where(kind == NOTHING, -1, colour))
    loss = loss + functional.cross_entropy(colours, dyes, ignore_index=-1, label_smoothing=_SMOOTHING)
    gap = (places - torch.from_numpy(place)).abs().sum(1)
    return loss + (gap * of_thing).sum() / of_thing.sum().clamp(min=1)


def cuttings(
    rng: np.random.Generator, batch: Sequence[Picture]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Cuttings uint8 [N, 48, 48, 3] of pictures with kind, colour [N] and place [N, 3]; not quite at their places."""
    found: list[tuple[NDArray[np.uint8], int, int, tuple[float, float, float]]] = []
    for one in batch:
        for thing in one.shown:
            if thing.share >= _CLEAR:
                found += [_about(rng, one, thing) for _ in range(_CUTTINGS)]
                if rng.random() < _PARTLY:
                    found += _nothing(rng, one, _partly(rng, thing))
        if rng.random() < _EMPTY:
            x, y = rng.uniform(0, one.pixels.shape[1]), rng.uniform(0, one.pixels.shape[0])
            found += _nothing(rng, one, (x, y, float(rng.uniform(14, 60))))
        for where in one.taken:
            found += _taken(rng, one, where)
    pictures, kinds, colours, places = zip(*found, strict=True)
    return np.stack(pictures), np.array(kinds), np.array(colours), np.array(places, np.float32)


def _about(
    rng: np.random.Generator, one: Picture, thing: Shown
) -> tuple[NDArray[np.uint8], int, int, tuple[float, float, float]]:
    right, down = np.clip(rng.normal(0, _OFF, 2), -0.25, 0.25)
    larger = float(np.clip(rng.normal(0, _WRONG), -0.5, 0.5))
    measure = thing.extent * 2**larger
    where = (thing.x - right * measure, thing.y - down * measure, measure)
    return cutting(one.pixels, *where), thing.kind, thing.colour, (right, down, -larger)


def _partly(rng: np.random.Generator, thing: Shown) -> tuple[float, float, float]:
    """A place with a part of a thing, or with too much about it."""
    way = float(rng.uniform(-math.pi, math.pi))
    if rng.random() < 0.5:
        far, larger = float(rng.uniform(0.45, 0.9)), float(rng.normal(0, 0.3))
    else:
        far, larger = float(rng.uniform(0.0, 0.4)), float(rng.choice((-1, 1)) * rng.uniform(0.9, 1.4))
    far *= thing.extent
    return thing.x + far * math.cos(way), thing.y + far * math.sin(way), thing.extent * 2**larger


def _taken(
    rng: np.random.Generator, one: Picture, where: tuple[float, float, float]
) -> list[tuple[NDArray[np.uint8], int, int, tuple[float, float, float]]]:
    """The cutting of what the detector took for a thing; none where it is hard to say whether it is one."""
    x, y, measure = where
    for thing in sorted(one.shown, key=lambda thing: math.hypot(thing.x - x, thing.y - y)):
        right, down, larger = (thing.x - x) / measure, (thing.y - y) / measure, math.log2(thing.extent / measure)
        if math.hypot(right, down) < _UPON and abs(larger) < _UPON_MEASURE and thing.share >= _CLEAR:
            return [(cutting(one.pixels, *where), thing.kind, thing.colour, (right, down, larger))]
    return _nothing(rng, one, where)


def _nothing(
    rng: np.random.Generator, one: Picture, where: tuple[float, float, float]
) -> list[tuple[NDArray[np.uint8], int, int, tuple[float, float, float]]]:
    """A cutting where nothing is, unless by chance something is."""
    x, y, measure = where
    for thing in one.shown:
        gap = math.hypot(thing.x - x, thing.y - y) / max(measure, thing.extent)
        if thing.share >= _HIDDEN and gap < 0.35 and abs(math.log2(measure / thing.extent)) < 0.8:
            return []
    return [(cutting(one.pixels, x, y, measure), NOTHING, int(rng.integers(len(COLOURS))), (0.0, 0.0, 0.0))]


def cutting(pixels: NDArray[np.uint8], x: float, y: float, measure: float) -> NDArray[np.uint8]:
    """uint8 [48, 48, 3] about (x, y) of a frame, where ``measure`` pixels become ``FILLED``."""
    import cv2

    scale = FILLED / measure
    matrix = np.array([[scale, 0, SIDE / 2 - scale * x], [0, scale, SIDE / 2 - scale * y]])
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from the pixels' middles
    return np.asarray(
        cv2.warpAffine(
            np.ascontiguousarray(pixels),
            matrix,
            (SIDE, SIDE),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=_OUTSIDE,
        )
    )


def look(pictures: Sequence[NDArray[np.uint8]]) -> Looks:
    """What the committed network sees in cuttings."""
    import torch

    net = _loaded()
    if not pictures:
        return Looks(np.zeros((0, len(KINDS))), np.zeros((0, len(COLOURS))), np.zeros(0), np.zeros((0, 3)))
    with torch.inference_mode():
        parts = [net(_input(np.stack(pictures[at : at + _BATCH]))) for at in range(0, len(pictures), _BATCH)]
        kinds, colours, place = torch.cat(parts).double().split(_PARTS, dim=1)
        thing = 1 - kinds.softmax(1)[:, NOTHING]
        found = kinds[:, :NOTHING].log_softmax(1), colours.log_softmax(1), thing, place
        return Looks(*(part.numpy() for part in found))


def _input(pictures: NDArray[np.uint8]) -> "torch.Tensor":
    import torch

    shown = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return (shown.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


@cache
def _loaded() -> "torch.nn.Module":
    return fitting.pixelwise(fitting.load(network(), WEIGHTS))
