"""Training crops: random pieces of corpus clips and of footage, rendered as they are drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assets.sandbox_corpus.record import Record
from assets.world.lasting import lasting
from assets.world.render import Frames, pictures
from assets.world.sound import Samples, heard
from models.recipes import FPS, SAMPLE_RATE, Profile

_FOOTAGE_SHARE = 0.15
_LATEST = 24  # frames into a corpus clip that a crop may begin
_SECONDS = (2.0, 4.0)  # that a corpus clip's motion lasts: as long as in the latents
_KEPT_SECONDS = 4.0  # of each footage clip


class PixelCrops:
    """Draws training clips for the autoencoder: corpus clips of every kind, footage in a fixed share.

    Args:
        records: Training part of the corpus.
        footage: Decoded clips, uint8 [F, H, W, 3] each; those smaller than a crop are never drawn.
        sizes: (height, width) at which corpus clips are rendered before a crop is taken.
    """

    def __init__(self, records: Sequence[Record], footage: Sequence[Frames], sizes: Sequence[tuple[int, int]]) -> None:
        self._records = [record for record in records if record.kind != "sound"]
        self._footage = footage
        self._sizes = sizes

    def __call__(self, generator: np.random.Generator, frames: int, crop: int, batch: int) -> Frames:
        """Clips uint8 [batch, frames, crop, crop, 3], a function of the generator alone."""
        return np.stack([self._one(generator, frames, crop) for _ in range(batch)])

    def _one(self, generator: np.random.Generator, frames: int, crop: int) -> Frames:
        if generator.random() < _FOOTAGE_SHARE:
            fitting = [clip for clip in self._footage if len(clip) >= frames and min(clip.shape[1:3]) >= crop]
            if fitting:
                clip = fitting[int(generator.integers(len(fitting)))]
                first = int(generator.integers(len(clip) - frames + 1))
                return _crop(generator, clip[first : first + frames], crop)
        record = self._records[int(generator.integers(len(self._records)))]
        height, width = self._sizes[int(generator.integers(len(self._sizes)))]
        first = int(generator.integers(_LATEST + 1))
        seconds = _SECONDS[int(generator.integers(len(_SECONDS)))]
        spec = record.spec if record.kind == "image" else lasting(record.spec, seconds)
        return _crop(generator, pictures(spec, max(height, crop), max(width, crop), FPS, frames, first), crop)


class SoundCrops:
    """Draws training sounds for the codec: random spans of the corpus's sounds, each synthesised once."""

    def __init__(self, records: Sequence[Record]) -> None:
        specs = [record.spec for record in records if record.kind == "sound"]
        # Half of them last as long as low videos, half as long as high ones.
        self._specs = [lasting(spec, _SECONDS[number % len(_SECONDS)]) for number, spec in enumerate(specs)]
        self._heard: dict[int, Samples] = {}

    def __call__(self, generator: np.random.Generator, batch: int, samples: int) -> Samples:
        """Sounds float32 [batch, samples], a function of the generator alone."""
        return np.stack([self._one(generator, samples) for _ in range(batch)])

    def _one(self, generator: np.random.Generator, samples: int) -> Samples:
        number = int(generator.integers(len(self._specs)))
        if number not in self._heard:
            spec = self._specs[number]
            self._heard[number] = heard(spec, max(spec.seconds, samples / SAMPLE_RATE))
        whole = self._heard[number]
        first = int(generator.integers(len(whole) - samples + 1))
        return np.float32(generator.uniform(0.5, 1.0)) * whole[first : first + samples]


def footage_pixels(rows: Sequence[Mapping[str, Any]], profile: Profile) -> list[Frames]:
    """The first seconds of each footage clip, decoded once, at the high size nearest in aspect ratio."""
    from assets.curation.loading import load_clip

    clips = []
    for row in rows:
        aspect = np.log(row["width"] / row["height"])
        height, width = min(profile.sizes_high, key=lambda size: abs(np.log(size[1] / size[0]) - aspect))
        seconds = min(_KEPT_SECONDS, float(row["end"]) - float(row["start"]))
        clips.append(load_clip(row, height, width, max(1, int(seconds * FPS)), FPS))
    return clips


def _crop(generator: np.random.Generator, clip: Frames, crop: int) -> Frames:
    top = int(generator.integers(clip.shape[1] - crop + 1))
    left = int(generator.integers(clip.shape[2] - crop + 1))
    return clip[:, top : top + crop, left : left + crop]
