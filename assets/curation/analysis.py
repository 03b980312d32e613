"""Analysis: one decode pass over a file that finds its shots and computes every signal."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from pathlib import Path

from assets.curation.copies.recording import Recording
from assets.curation.signals.aesthetics import Aesthetics
from assets.curation.signals.borders import Borders
from assets.curation.signals.camera import Camera
from assets.curation.signals.embedding import Embedding
from assets.curation.signals.flow import Flow
from assets.curation.signals.frame import SAMPLE_RATE, Frame, Signal, Track
from assets.curation.signals.motion import Motion
from assets.curation.signals.nsfw import Nsfw
from assets.curation.signals.quality import Quality
from assets.curation.signals.samples import Samples
from assets.curation.signals.shots import Boundary, ShotDetector
from assets.curation.signals.sound import Sound
from assets.curation.signals.stillness import Stillness, slideshow
from assets.curation.signals.text import Text
from assets.curation.spans import Span, cut
from assets.curation.trimming import trim
from serving.media.timed import SoundLost, TimedFrame, TimedSound, timed_media

_STANDS = 0.25  # seconds after which a picture that still stands is seen again
_TRIMMED = 160  # frames after which memory that is free goes back to the system


@dataclass(frozen=True)
class Analysis:
    """What one pass found. Plain data: it crosses processes, and grows by less than a kilobyte a second of film.

    Attributes:
        shots: (start, end) in seconds, half open, in order; the frames of a dissolve or a fade belong to none.
        boundaries: Those between them.
        tracks: What each signal saw.
        slideshow: Share of the film's time in static shots; None for a film of fewer than three.
        spans: Clips to be made of the shots.
        looks: The look of each, packed (see ``assets.curation.copies``); None for one of a few frames that falls
            between two looks.
    """

    shots: list[Span]
    boundaries: list[Boundary]
    tracks: list[Track]
    slideshow: float | None
    spans: list[Span]
    looks: list[str | None]


def analyse(path: Path) -> Analysis:
    """The analysis of a video file.

    Memory does not grow with the length of the film, but for the numbers kept of it.

    Raises:
        ValueError: the file holds no frame.
        av.FFmpegError: its pictures cannot be decoded to their end.
    """
    with _one_thread(), closing(Recording()) as recording:
        return _analysed(path, recording)


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenCV's and BLAS's own threads off: pictures are small, and what is slow has threads of its own already.

    BLAS's spin while they wait for the next small product: a fifth of the pass.
    """
    import cv2
    from threadpoolctl import threadpool_limits

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1, "blas"):
            yield
    finally:
        cv2.setNumThreads(before)


def _analysed(path: Path, recording: Recording) -> Analysis:
    detector, still, sound, camera = ShotDetector(), Stillness(), Sound(), Camera()
    seeing: list[Signal] = [
        *(Samples(), Motion(), Flow(), still, Borders(), Quality(), Text(), Nsfw()),
        *(Aesthetics(), Embedding()),
    ]
    first = last = None
    frames = 0
    for frame in watch(path, sound):
        recording.see(frame)
        for signal in seeing:
            signal.see(frame)
        if frame.again:
            continue
        first, last = frame.seconds if first is None else first, frame.seconds
        frames += 1
        if frames % _TRIMMED == 0:
            trim()
        detector.see(frame)
        camera.see(frame)
    if first is None or last is None:
        raise ValueError(f"{path} holds no frame")
    boundaries = detector.boundaries(camera.passage)
    shots = _shots(first, _end(first, last, frames), boundaries)
    spans = [span for shot in shots for span in cut(*shot)]
    return Analysis(
        shots=shots,
        boundaries=boundaries,
        tracks=[*(signal.track() for signal in (*seeing, camera)), sound.track()],
        slideshow=slideshow(still.track(), shots),
        spans=spans,
        looks=recording.looks(spans),
    )


def watch(path: Path, sound: Sound | None = None) -> Iterator[Frame]:
    """The frames of a file as the signals see them, in order; its sound goes to ``sound``. Raises as the decoder.

    A picture that stands for long, as in a film of a varying rate, is seen several times in that time.
    """
    sampled: float | None = None
    shown: TimedFrame | None = None
    first, frames = 0.0, 0
    for item in timed_media(path):
        match item:
            case TimedFrame():
                if shown is not None:
                    yield from _standing(shown, item.seconds)
                due = sampled is None or item.seconds - sampled >= 1 / SAMPLE_RATE - 1e-3
                sampled = item.seconds if due else sampled
                yield Frame(item, sampled=due)
                first, shown, frames = first if shown else item.seconds, item, frames + 1
            case TimedSound() if sound is not None:
                sound.hear(item)
            case SoundLost() if sound is not None:
                sound.lose(item.reason)
    if shown is not None:
        yield from _standing(shown, _end(first, shown.seconds, frames))


def _standing(shown: TimedFrame, until: float) -> Iterator[Frame]:
    """A picture again for as long as it stands, at even times at most ``_STANDS`` apart."""
    lasts = until - shown.seconds
    parts = ceil(lasts / _STANDS - 1e-3)
    for part in range(1, parts):
        yield Frame(replace(shown, seconds=shown.seconds + lasts * part / parts), sampled=True, again=True)


def _end(first: float, last: float, frames: int) -> float:
    """When a film ends, in seconds: its last frame is shown for as long as one is on average."""
    return last + (last - first) / max(frames - 1, 1)


def _shots(start: float, end: float, boundaries: list[Boundary]) -> list[Span]:
    """What lies between the transitions."""
    edges = [(start, start), *((boundary.first, boundary.last) for boundary in boundaries), (end, end)]
    return [(before[1], after[0]) for before, after in pairwise(edges) if after[0] > before[1]]
