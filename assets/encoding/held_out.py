"""Held-out clips and sounds, by which reconstructions are judged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assets.sandbox_corpus.record import Kind, Record
from assets.world.render import Frames, pictures
from assets.world.sound import Samples, heard
from models.recipes import FPS, Profile

_CLIPS = 6  # of each kind
_FRAMES = 16
_SECONDS = 2.0


def seen(records: Sequence[Record], footage: Sequence[Frames], profile: Profile) -> dict[str, list[Frames]]:
    """Validation clips by what they show, uint8 [F, H, W, 3]: pictures, things that move, people, any footage."""
    height, width = profile.size_low
    frames: dict[str, tuple[Kind, int]] = {
        "image": ("image", 1),
        "video": ("video", _FRAMES),
        "person": ("personalization", _FRAMES),
    }
    found = {
        name: [pictures(record.spec, height, width, FPS, count) for record in _of(records, kind)]
        for name, (kind, count) in frames.items()
    }
    if footage:
        found["footage"] = [clip[:_FRAMES] for clip in footage[:_CLIPS]]
    return found


def sounding(records: Sequence[Record]) -> list[Samples]:
    """Validation sounds, float32 [96000]."""
    return [heard(record.spec, _SECONDS) for record in _of(records, "sound")]


def mean_colour_psnr(clips: Sequence[Frames]) -> float:
    """Mean PSNR in dB of clips that are replaced by their own mean colour: what knowing no shape at all reaches."""
    return float(np.mean([_psnr(clip, clip.mean(axis=(0, 1, 2))) for clip in clips]))


def _psnr(clip: Frames, colour: NDArray[np.float64]) -> float:
    error = float(np.mean((clip - colour) ** 2)) / 255**2
    return float(-10 * np.log10(max(error, 1e-10)))


def _of(records: Sequence[Record], kind: Kind) -> list[Record]:
    return [record for record in records if record.kind == kind and record.split == "validation"][:_CLIPS]
