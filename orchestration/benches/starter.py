"""The starter backbone on held-out prompts, beside real clips, the autoencoder's round trip and two controls."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np

from assets.starter.quality import FORMS, Figures, Frames, asked, exchanged, sampled, scored, sights
from models.recipes import STARTER_BACKBONE, demo
from models.starter import AUTOENCODER, BACKBONE
from serving.seams import changes

_PROMPTS = 200
_UNTRAINED = 24  # nothing but noise comes out: its figures need no more
_WIDE = 50  # prompts at high size, which take four times as long
_HIGH = ("wide", "fast")
_FOLLOWED = 3  # frames from which on a thing has a speed
_CROSSING = {"left", "right"}
_COMPOSED = ("object", "colour", "motion")


def run(
    prompts: int = _PROMPTS,
    untrained: int = _UNTRAINED,
    wide: int = _WIDE,
    backbone: Path = BACKBONE,
) -> Figures:
    """Shares of clips that show the object, its colour, its motion and the background as asked, by the checkers.

    64 px, two seconds, sampled as the demo's models are. ``real_...`` is of clips that the world draws for the same
    prompts, ``round_trip_...`` of those through the autoencoder, ``unseen_...`` of prompts with combinations that
    training never showed, ``shuffled_...`` of the samples judged by other prompts, ``untrained_...`` of a network
    at random; ``real_unseen_...`` is of clips drawn for the unseen prompts; ``wide_...`` of four seconds at 112x64 px,
    ``fast_...`` of as many frames there at 24 a second, ``real_wide_...`` and ``real_fast_...`` of the world's clips of
    these. ``fast_speed`` is how fast what crosses the picture goes at 24 frames a second over how fast at 16 in the
    same seconds, where the checkers follow it: 1 if it is as fast, 1.5 if the rate is not heeded. ``fast_change`` is
    how much its neighbouring frames differ, likewise: two thirds, but what is sharper changes more too. ``real_...``
    are those of the world's clips.
    ``heldout_ratio`` is the least ratio of an unseen share to its seen one, ``psnr`` the autoencoder's.
    """
    from assets.starter.round_trip import psnr, through
    from models.autoencoder import load_autoencoder

    seen, unseen = (asked(demo().world, split, prompts) for split in ("validation", "unseen"))
    clips = sights(sampled(backbone, seen.prompts, _told("held-out")))
    figures = scored(seen.prompts, clips) | scored(exchanged(seen.prompts), clips, "shuffled")
    figures |= scored(unseen.prompts, sights(sampled(backbone, unseen.prompts, _told("unseen"))), "unseen")
    figures |= scored(unseen.prompts, sights(unseen.clips), "real_unseen")
    figures["heldout_ratio"] = min(figures[f"unseen_{part}"] / max(figures[part], 1e-9) for part in _COMPOSED)
    back = through(load_autoencoder(AUTOENCODER), seen.clips)
    figures["psnr"] = float(np.mean([psnr(*pair) for pair in zip(back, seen.clips, strict=True)]))
    figures |= scored(seen.prompts, sights(seen.clips), "real") | scored(seen.prompts, sights(back), "round_trip")
    with TemporaryDirectory() as scratch:
        few = seen.prompts[:untrained]
        figures |= scored(few, sights(sampled(_untrained(Path(scratch)), few)), "untrained")
    figures |= _high(backbone, wide)
    return {"prompts": float(prompts)} | {name: round(value, 4) for name, value in figures.items()}


def _high(backbone: Path, count: int) -> Figures:
    """Shares at the high size, at both frame rates, and what the rate changes."""
    figures: Figures = {}
    kinds = ("", "real_")  # samples, and clips of the world
    pace: dict[str, list[float]] = {kind: [] for kind in kinds}  # at each rate
    speed: dict[str, list[list[float | None]]] = {kind: [] for kind in kinds}  # of each film at each rate
    for name in _HIGH:
        form = FORMS[name]
        shown = asked(demo().world, "validation", count, form)
        clips = sampled(backbone, shown.prompts, _told(name), form)
        crossing = [place for place, prompt in enumerate(shown.prompts) if prompt.motion in _CROSSING]
        for kind, films in zip(kinds, (clips, shown.clips), strict=True):
            figures |= scored(shown.prompts, sights(films, form.fps), f"{kind}{name}")
            pace[kind].append(mean(_pace(films[place], form.fps) for place in crossing))
            speed[kind].append([_speed(films[place], form.fps) for place in crossing])
    figures |= {f"{kind}fast_change": fast / usual for kind, (usual, fast) in pace.items()}
    for kind, (usual, fast) in speed.items():
        ratios = [one / other for one, other in zip(fast, usual, strict=True) if one is not None and other]
        figures |= {f"{kind}fast_speed": median(ratios)} if ratios else {}
    return figures


def _pace(film: Frames, fps: int) -> float:
    """How much a frame differs from the one before."""
    return float(changes(_shared(film, fps))[1:].mean())


def _untrained(folder: Path) -> Path:
    import torch

    from models.backbone import Backbone, save_backbone

    torch.manual_seed(0)
    save_backbone(Backbone(STARTER_BACKBONE), folder)
    return folder


def _shared(film: Frames, fps: int) -> Frames:
    """Its beginning, as long as the fastest film of as many frames."""
    return film[: round(len(film) / max(FORMS[name].fps for name in _HIGH) * fps)]


def _speed(film: Frames, fps: int) -> float | None:
    """Short sides a second that the thing seen best goes sideways; None where none is followed."""
    from assets.checkers.clips import FPS
    from assets.checkers.things import things

    found = things(_shared(film, fps)[:: fps // FPS])
    if not found or len(found[0].x) < _FOLLOWED:
        return None
    return abs(float(np.polyfit(found[0].frames / FPS, found[0].x, 1)[0]))


def _told(name: str) -> Callable[[int, int], None]:
    """Progress on the standard error: the figures go to the standard output."""
    from rich.console import Console

    console = Console(stderr=True)
    return lambda done, count: console.print(f"{name} prompts: {done} of {count}")
