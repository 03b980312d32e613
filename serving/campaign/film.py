"""Film: a take brought to its delivered form: size, end card, sound, watermark."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.campaign.take import Take
from serving.delivery import Marker, marked
from serving.media import endcard
from serving.media.endcard import EndCard
from serving.media.loudness import Loudness, fade_out, normalise, stereo
from serving.media.mp4 import write_mp4
from serving.media.resize import cover
from serving.provenance.signing import Facts

_FADE_SECONDS = 0.4  # the sound ends with the generated video; the card is silent

Sign = Callable[[Path, Path, Facts], None]


@dataclass(frozen=True)
class Film:
    """What is written to the file.

    Attributes:
        frames: uint8 [H, W, 3] each, end card included, watermarked; read once.
        count: How many.
        audio: float32 [S, 2] of the same length.
        loudness: Its levels.
    """

    frames: Iterator[np.ndarray]
    count: int
    audio: np.ndarray
    loudness: Loudness


def compose(
    take: Take, card: EndCard, *, size: tuple[int, int], fps: int, sample_rate: int, marker: Marker, payload: int
) -> Film:
    """The film of a take: of ``size`` (height, width), closed by its card, at -14 LUFS, watermarked.

    Its frames are made as they are read, which raises MediaError where the take is damaged.
    """
    closing = round(endcard.SECONDS * fps)
    count = take.count + closing
    sound = fade_out(stereo(take.audio), round(_FADE_SECONDS * sample_rate))
    silence = np.zeros((count * sample_rate // fps - len(sound), 2), np.float32)
    audio, loudness = normalise(np.concatenate([sound, silence]), sample_rate)
    shown = _shown(take, card, size, closing, fps)
    return Film(marked(marker, payload, (frame[None] for frame in shown)), count, audio, loudness)


def _shown(take: Take, card: EndCard, size: tuple[int, int], closing: int, fps: int) -> Iterator[np.ndarray]:
    """The frames of a take at a size, and so many of its card."""
    last = np.zeros((*size, 3), np.uint8)
    for frame in take.frames():
        last = cover(frame[None], size)[0]
        yield last
    yield from card.frames(last, closing, fps)


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
