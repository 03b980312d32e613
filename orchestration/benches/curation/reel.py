"""The reel: package footage joined by cuts, fades and dissolves at known frames, with flashes that are no cuts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np

from assets.ingestion.decode import timed_frames
from assets.ingestion.packages import package_footage
from models.files import atomic_path

FPS = 25
_SIZE = (480, 270)
# Seconds of the package footage that lie within one shot, found by eye.
_SPANS = {
    "earth.mp4": ((0.0, 30.0),),
    "bigbuckbunny.mp4": ((0.0, 5.2),),
    "cityCC0.mpg": ((0.0, 4.6), (4.85, 7.5)),
    "bikes.mp4": ((1.25, 3.0), (3.25, 5.4), (5.7, 7.4), (7.7, 9.6)),
}
_JOINS = ("cut", "cut", "cut", "dissolve", "black", "white")
_SHORTEST, _LONGEST = 34, 80  # frames of a shot; transitions take at most 14 at either end
_FLASHES = ("white", "bright", "decaying", "double", None, None, None)


class FootageMissing(RuntimeError):
    """The packages whose footage the reel is made of are not installed."""


@dataclass(frozen=True)
class Boundary:
    """A true boundary between two shots.

    Attributes:
        kind: ``cut``, ``dissolve``, ``black`` or ``white`` (a fade through that colour).
        first, last: Frames of the transition: of a cut, twice the first frame of the new shot.
    """

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Reel:
    """A written reel: its file, its true boundaries in order, and how many flashes it holds."""

    path: Path
    frames: int
    boundaries: tuple[Boundary, ...]
    flashes: int


def make_reel(path: Path, *, shots: int, seed: int) -> Reel:
    """Write a reel of ``shots`` shots as H.264. Raises FootageMissing."""
    rng = np.random.default_rng(seed)
    spans = _spans()
    pictures: list[np.ndarray] = []
    boundaries: list[Boundary] = []
    flashes = 0
    previous = -1
    for _ in range(shots):
        chosen = int(rng.choice([index for index in range(len(spans)) if index != previous]))
        previous = chosen
        shot = _excerpt(spans[chosen], rng)
        flash = _FLASHES[rng.integers(len(_FLASHES))]
        if flash is not None and len(shot) >= 40:
            _flash(shot, flash, int(rng.integers(16, len(shot) - 20)))
            flashes += 1
        if pictures:
            boundaries.append(_join(pictures, shot, _JOINS[rng.integers(len(_JOINS))], rng))
        else:
            pictures.extend(shot)
    _write(path, pictures)
    return Reel(path, len(pictures), tuple(boundaries), flashes)


def _excerpt(span: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A part of a span, slowed, at its own speed or half as fast again, perhaps mirrored."""
    speed = rng.choice([speed for speed in (0.6, 1.0, 1.5) if (len(span) - 1) / speed >= _SHORTEST])
    length = int(rng.integers(_SHORTEST, min(_LONGEST, int((len(span) - 1) / speed)) + 1))
    start = rng.uniform(0, len(span) - 1 - length * speed)
    shot = [span[int(start + number * speed)] for number in range(length)]
    return [picture[:, ::-1] for picture in shot] if rng.random() < 0.5 else shot


def _flash(shot: list[np.ndarray], kind: str, at: int) -> None:
    strengths = {"white": [1.0, 1.0], "bright": [0.5, 0.6, 0.5], "decaying": [0.9, 0.6, 0.35, 0.2, 0.1]}
    for number, strength in enumerate(strengths.get(kind, [0.8, 0.0, 0.8, 0.4])):
        shot[at + number] = _blend(shot[at + number], np.full_like(shot[0], 255), strength)


def _join(pictures: list[np.ndarray], shot: list[np.ndarray], kind: str, rng: np.random.Generator) -> Boundary:
    """Append a shot by a transition, and say where that is."""
    if kind == "cut":
        pictures.extend(shot)
        return Boundary(kind, len(pictures) - len(shot), len(pictures) - len(shot))
    if kind == "dissolve":
        length = int(rng.integers(6, 15))
        first = len(pictures) - length
        for number in range(length):
            pictures[first + number] = _blend(pictures[first + number], shot[number], (number + 1) / (length + 1))
        pictures.extend(shot[length:])
        return Boundary(kind, first, first + length)
    down, held, up = (int(rng.integers(low, high)) for low, high in ((5, 10), (1, 6), (5, 10)))
    colour = np.full_like(shot[0], 0 if kind == "black" else 255)
    first = len(pictures) - down
    for number in range(down):
        pictures[first + number] = _blend(pictures[first + number], colour, (number + 1) / (down + 1))
    pictures.extend([colour] * held)
    pictures.extend(_blend(colour, shot[number], (number + 1) / (up + 1)) for number in range(up))
    pictures.extend(shot[up:])
    return Boundary(kind, first, first + down + held + up)


def _blend(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    import cv2

    return cv2.addWeighted(np.ascontiguousarray(first), 1 - share, np.ascontiguousarray(second), share, 0)


@cache
def _spans() -> tuple[np.ndarray, ...]:
    """Single shots of the package footage, uint8 [F,H,W,3] each, at ``FPS``."""
    files = {item.path.name: item.path for item in package_footage()}
    missing = sorted(set(_SPANS) - set(files))
    if missing:
        raise FootageMissing(f"{', '.join(missing)} not found: run `make setup` (infra/data-packages.txt)")
    return tuple(
        np.stack(list(_frames(files[name], *span))) for name, spans in _SPANS.items() for span in spans
    )


def _frames(path: Path, start: float, end: float) -> Iterator[np.ndarray]:
    due = start
    for timed in timed_frames(path, start, end):
        while due <= timed.seconds + 1e-6 and due < end:
            yield timed.upright(_SIZE)
            due += 1 / FPS


def _write(path: Path, pictures: list[np.ndarray]) -> None:
    with atomic_path(path) as temporary, av.open(str(temporary), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=FPS)
        stream.width, stream.height = _SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast"}
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        file.mux(stream.encode())
