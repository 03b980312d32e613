"""Film: a take brought to its delivered form: size, end card, sound, watermark."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from serving.campaign.take import Take
from serving.media import endcard
from serving.media.endcard import EndCard
from serving.media.loudness import Loudness, fade_out, normalise, stereo
from serving.media.mp4 import write_mp4
from serving.media.resize import cover
from serving.provenance.signing import Facts

_FADE_SECONDS = 0.4  # the sound ends with the generated video; the card is silent

Sign = Callable[[Path, Path, Facts], None]


class Marker(Protocol):
    """Embeds an invisible mark: ``serving.watermark.Watermarker``."""

    def embed(self, frames: np.ndarray, payload: int) -> np.ndarray:
        """The frames uint8 [F, H, W, 3] with the mark of a 64-bit payload."""
        ...


@dataclass(frozen=True)
class Film:
    """What is written to the file.

    Attributes:
        frames: uint8 [F, H, W, 3], end card included, watermarked.
        audio: float32 [S, 2] of the same length.
        loudness: Its levels.
    """

    frames: np.ndarray
    audio: np.ndarray
    loudness: Loudness


def compose(
    take: Take, card: EndCard, *, size: tuple[int, int], fps: int, sample_rate: int, marker: Marker, payload: int
) -> Film:
    """The film of a take: of ``size`` (height, width), closed by its card, at -14 LUFS, watermarked.

    Raises:
        MediaError: the card's text does not fit.
    """
    frames = cover(take.frames, size)
    closing = round(endcard.SECONDS * fps)
    frames = np.concatenate([frames, np.stack(list(card.frames(frames[-1], closing, fps)))])
    sound = fade_out(stereo(take.audio), round(_FADE_SECONDS * sample_rate))
    silence = np.zeros((len(frames) * sample_rate // fps - len(sound), 2), np.float32)
    audio, loudness = normalise(np.concatenate([sound, silence]), sample_rate)
    return Film(marker.embed(frames, payload), audio, loudness)


def deliver(film: Film, path: Path, scratch: Path, facts: Facts, sign: Sign, *, fps: int, sample_rate: int) -> None:
    """Write the film to ``path``, signed; what is unsigned lies in ``scratch`` only.

    Raises:
        MediaError: it cannot be encoded.
        SigningFailed: it cannot be signed.
    """
    plain = scratch / path.name
    try:
        write_mp4(plain, film.frames, fps, film.audio, sample_rate)
        sign(plain, path, facts)
    finally:
        plain.unlink(missing_ok=True)
