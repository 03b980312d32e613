"""Held-out clips and sounds, by which reconstructions are judged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assets.corpus.manifest import Record
from assets.corpus.render import Frames, render
from assets.corpus.scene import Kind
from assets.corpus.sound import Samples, sound
from models.recipes import Profile

_CLIPS = 6  # of each kind
_FRAMES = 16
_SECONDS = 2.0


def seen(records: Sequence[Record], footage: Sequence[Frames], profile: Profile) -> dict[str, list[Frames]]:
    """Validation clips by what they show, uint8 [F, H, W, 3]: pictures, shapes that move, people, any footage."""
    height, width = profile.size_low
    frames: dict[str, tuple[Kind, int]] = {
        "image": ("image", 1),
        "video": ("video", _FRAMES),
        "person": ("personalization", _FRAMES),
    }
    found = {
        name: [render(spec, height, width, count) for spec in (r.spec for r in _of(records, kind))]
        for name, (kind, count) in frames.items()
    }
    if footage:
        found["footage"] = [clip[:_FRAMES] for clip in footage[:_CLIPS]]
    return found


def heard(records: Sequence[Record]) -> list[Samples]:
    """Validation sounds, float32 [96000]."""
    return [sound(record.spec, _SECONDS) for record in _of(records, "sound")]


def mean_colour_psnr(clips: Sequence[Frames]) -> float:
    """Mean PSNR in dB of clips that are replaced by their own mean colour: what knowing no shape at all reaches."""
    return float(np.mean([_psnr(clip, clip.mean(axis=(0, 1, 2))) for clip in clips]))


def _psnr(clip: Frames, colour: NDArray[np.float64]) -> float:
    error = float(np.mean((clip - colour) ** 2)) / 255**2
    return float(-10 * np.log10(max(error, 1e-10)))


def _of(records: Sequence[Record], kind: Kind) -> list[Record]:
    return [record for record in records if record.spec.kind == kind and record.spec.split == "validation"][:_CLIPS]
