"""What the starter upsampler is worth beside plain resizing: decibels and the checkers' eyes, on held-out clips."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.clips import STILL, rendered
from assets.checkers.lettering import words
from assets.checkers.scores import wilson
from assets.evaluation.held_out import held_out_spec
from assets.evaluation.prompts import Prompt
from assets.evaluation.sight import seen_in
from assets.starter.degrading import degraded, shrunk
from assets.starter.pairs import SIDE, Pairs
from assets.starter.round_trip import psnr
from assets.world.render import pictures
from models.recipes import FPS, CorpusWorld, demo
from models.starter import UPSAMPLER
from serving.upsampling.doubling import Doubling
from serving.upsampling.enlarging import SCALE, enlarged

Frames = NDArray[np.uint8]
Figures = dict[str, float]
Enlarge = Callable[[Frames], Frames]

PLAIN = ("bicubic", "lanczos")
WAYS = ("shrunk", "degraded", "coded")
"""How the small clip came about: resized, spoiled twice over, or resized and through the starter autoencoder."""

_PARTS: Mapping[str, str] = {"object": "kind", "colour": "colour"}
_FIRST = 1 << 21  # held-out clips from here on: no training and no choice of settings looked at them
_LETTERED = replace(STILL, split="validation", text=1.0)
_FRAMES = 32
_Z = 1.959964  # of the normal distribution, 95%


@dataclass(frozen=True)
class Shown:
    """A sharp clip, a small clip of it, and what the checkers make of a clip.

    Attributes:
        label: What it shows.
        right: Which parts of that they name rightly, by name.
        sharp: The clip.
        of_sharp: What ``right`` says of it.
        small: The small one.
        way: How the small clip came about: one of ``WAYS``.
    """

    label: str
    right: Callable[[Frames], Mapping[str, bool]]
    sharp: Frames
    of_sharp: Mapping[str, bool]
    small: Frames
    way: str


@dataclass
class Tally:
    """PSNR of each clip, and which parts the checkers name rightly in it, of one method."""

    psnr: list[float] = field(default_factory=list)
    right: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, decibels: float, right: Mapping[str, bool]) -> None:
        """What a clip of this method came to."""
        self.psnr.append(decibels)
        for name, answer in right.items():
            self.right.setdefault(name, []).append(answer)

    def of(self, places: Sequence[int]) -> "Tally":
        """That of some of the clips."""
        return Tally([self.psnr[p] for p in places], {n: [r[p] for p in places] for n, r in self.right.items()})


def held_out(count: int, world: CorpusWorld | None = None, frames: int = _FRAMES) -> Iterator[Shown]:
    """Clips of 128 px that no training saw, each small in every way, two seconds long."""
    world = world or demo().world
    pairs = Pairs(8, 1)
    for index in range(count):
        spec, prompt = held_out_spec(world, _FIRST + index, _FRAMES / FPS)
        sharp, right = pictures(spec, SIDE, SIDE, FPS, frames), partial(_named, prompt)
        of_sharp = right(sharp)
        for number, make in enumerate((shrunk, degraded, pairs.coded)):
            small = make(sharp, np.random.default_rng([index, number]))
            yield Shown(prompt.text, right, sharp, of_sharp, small, WAYS[number])


def lettered(count: int) -> Iterator[Shown]:
    """Held-out scenes of 128 px under a word, two seconds long, each small in two ways: is the word still read?"""
    for seed in range(_FIRST, _FIRST + count):
        clip = rendered(seed, _LETTERED)
        text = clip.truth.text
        assert text is not None  # as the options say
        right = partial(_read, text)
        of_sharp = right(clip.frames)
        for number, make in enumerate((shrunk, degraded)):
            small = make(clip.frames, np.random.default_rng([seed, number]))
            yield Shown(text, right, clip.frames, of_sharp, small, WAYS[number])


def upsampler(folder: Path = UPSAMPLER, steps: int = 1) -> Enlarge:
    """Doubling by the upsampler in ``folder``, in torch, cut as in serving."""
    from models.export.graphs import torch_graphs

    doubling = Doubling(torch_graphs({"upsampler": folder})["upsampler"], steps=steps)
    return lambda frames: np.concatenate(list(doubling([frames])))


def plain(name: str) -> Enlarge:
    """Doubling by ``bicubic`` or ``lanczos``."""
    return enlarged if name == "lanczos" else _bicubic


def compared(clips: Iterator[Shown], methods: Mapping[str, Enlarge], progress: Callable[[int], None]) -> Figures:
    """Figures of each method, of each way and all of them, and how far ``ours`` is above the others.

    Args:
        clips: What to enlarge.
        methods: By name, ``ours`` and others.
        progress: Called with the number of small clips done.

    Returns:
        ``WAY_psnr_METHOD`` in dB and ``WAY_PART_METHOD``, shares that the checkers name rightly (PART is ``object``,
        ``colour`` or ``words``), with Wilson's 95% interval; ``..._over_METHOD``, what ours has more than METHOD, clip
        by clip, with its 95% interval. METHOD is also ``sharp``, the clip itself.
    """
    tallies = {name: Tally() for name in (*methods, "sharp")}
    ways: list[str] = []
    for shown in clips:
        for name, enlarge in methods.items():
            clip = enlarge(shown.small)
            tallies[name].add(psnr(clip, shown.sharp), shown.right(clip))
        tallies["sharp"].add(np.inf, shown.of_sharp)
        ways.append(shown.way)
        progress(len(ways))
    figures: Figures = {"small_clips": float(len(ways))}
    for way in ("all", *dict.fromkeys(ways)):
        places = [place for place, one in enumerate(ways) if way in {one, "all"}]
        figures |= _figures(way, {name: tally.of(places) for name, tally in tallies.items()})
    return figures


def _figures(way: str, tallies: Mapping[str, Tally]) -> Figures:
    found: Figures = {}
    ours = tallies["ours"]
    for name, tally in tallies.items():
        if name != "sharp":
            found[f"{way}_psnr_{name}"] = float(np.mean(tally.psnr))
        for part, right in tally.right.items():
            share = float(np.mean(right))
            low, high = wilson(share, len(right))
            found |= {f"{way}_{part}_{name}": share}
            found |= {f"{way}_{part}_{name}_low": low, f"{way}_{part}_{name}_high": high}
        if name not in {"ours", "sharp"}:
            found |= _over(f"{way}_psnr_over_{name}", ours.psnr, tally.psnr)
            for part in ours.right:
                found |= _over(f"{way}_{part}_over_{name}", ours.right[part], tally.right[part])
    return found


def _over(name: str, ours: Sequence[float], other: Sequence[float]) -> Figures:
    """The mean difference with its 95% interval, of differences clip by clip."""
    difference = np.asarray(ours, float) - np.asarray(other, float)
    mean, half = float(difference.mean()), _Z * float(difference.std(ddof=1)) / len(difference) ** 0.5
    return {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}


def _named(prompt: Prompt, clip: Frames) -> dict[str, bool]:
    answered = prompt.answered(seen_in(clip, FPS))
    return {name: answered.get(part, True) for name, part in _PARTS.items()}


def _read(text: str, clip: Frames) -> dict[str, bool]:
    return {"words": words(clip).value == text}


def _bicubic(frames: Frames) -> Frames:
    from PIL import Image

    size = (SCALE * frames.shape[2], SCALE * frames.shape[1])
    resize = partial(Image.Image.resize, size=size, resample=Image.Resampling.BICUBIC)
    return np.stack([np.asarray(resize(Image.fromarray(frame))) for frame in frames])
