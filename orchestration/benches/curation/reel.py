"""The reel: package footage joined by cuts, fades and dissolves at known frames, with flashes that are no cuts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from assets.ingestion.packages import package_footage
from models.files import atomic_path
from serving.media.timed import timed_frames

FPS = 25
# Seconds of the package footage that lie within one shot, found by eye.
_SPANS = {
    "earth.mp4": ((0.0, 30.0),),
    "bigbuckbunny.mp4": ((0.0, 5.2),),
    "cityCC0.mpg": ((0.0, 4.6), (4.85, 7.5)),
    "bikes.mp4": ((1.25, 3.0), (3.25, 5.4), (5.7, 7.4), (7.7, 9.6)),
}
_JOINS = ("cut", "cut", "cut", "dissolve", "black", "white")
_WORDS = ("SUMMER", "SALE", "Tonight", "LIVE", "Breaking", "News", "Free", "Ticket", "Garden", "WINTER", "Offer")
_SHORTEST, _LONGEST = 34, 80  # frames of a shot; transitions take at most 14 at either end
_FLASHES = ("white", "bright", "decaying", "double", None, None, None)


_Pictures = list[np.ndarray]


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
    """A written reel.

    Attributes:
        path: Its file.
        frames: Their number.
        boundaries: True boundaries, in order.
        flashes: How many flashes it holds.
        words: For each frame, the words written on it.
    """

    path: Path
    frames: int
    boundaries: tuple[Boundary, ...]
    flashes: int
    words: tuple[tuple[str, ...], ...]


def make_reel(path: Path, *, shots: int, seed: int, size: tuple[int, int] = (480, 270), lettered: bool = False) -> Reel:
    """Write a reel of ``shots`` shots as H.264, two thirds of them with words on if ``lettered``.

    Raises:
        FootageMissing: the packages with the footage are not installed.
    """
    rng = np.random.default_rng(seed)
    spans = _spans()
    words: list[tuple[str, ...]] = []
    pictures: list[np.ndarray] = []
    boundaries: list[Boundary] = []
    flashes = 0
    previous = -1
    for _ in range(shots):
        chosen = int(rng.choice([index for index in range(len(spans)) if index != previous]))
        previous = chosen
        shot = _excerpt(*spans[chosen], size, rng)
        flash = _FLASHES[rng.integers(len(_FLASHES))]
        if flash is not None and len(shot) >= 40:
            _flash(shot, flash, int(rng.integers(16, len(shot) - 20)))
            flashes += 1
        written = _letter(shot, rng) if lettered and rng.random() < 2 / 3 else ()
        before = len(pictures)
        if pictures:
            boundaries.append(_join(pictures, shot, _JOINS[rng.integers(len(_JOINS))], rng))
        else:
            pictures.extend(shot)
        words += [written] * (len(pictures) - before)
    _write(path, pictures, size)
    return Reel(path, len(pictures), tuple(boundaries), flashes, tuple(words))


def _letter(shot: list[np.ndarray], rng: np.random.Generator) -> tuple[str, ...]:
    """Write one or two lines on every picture of a shot, white on a dark outline; says the words."""
    import cv2

    height, width = shot[0].shape[:2]
    lines = [" ".join(rng.choice(_WORDS, 2, replace=False)) for _ in range(rng.integers(1, 3))]
    tall = float(rng.uniform(0.035, 0.08)) * height  # of a capital letter
    scale, weight = tall / 22, max(1, round(tall / 10))
    left, top = int(rng.uniform(0.03, 0.2) * width), int(rng.uniform(0.2, 0.75) * height)
    for number, picture in enumerate(shot):
        lettered = np.ascontiguousarray(picture).copy()
        for row, line in enumerate(lines):
            at = (left, int(top + row * tall * 1.8))
            for colour, stroke in (((0, 0, 0), weight * 3), ((255, 255, 255), weight)):
                cv2.putText(lettered, line, at, cv2.FONT_HERSHEY_DUPLEX, scale, colour, stroke, cv2.LINE_AA)
        shot[number] = lettered
    return tuple(" ".join(lines).split())


def _excerpt(source: Path, span: tuple[float, float], size: tuple[int, int], rng: np.random.Generator) -> _Pictures:
    """A part of a span, slowed, at its own speed or half as fast again, perhaps mirrored."""
    whole = int((span[1] - span[0]) * FPS) - 1
    speed = float(rng.choice([speed for speed in (0.6, 1.0, 1.5) if whole / speed >= _SHORTEST]))
    length = int(rng.integers(_SHORTEST, min(_LONGEST, int(whole / speed)) + 1))
    start = span[0] + rng.uniform(0, whole - length * speed) / FPS
    shot = list(_frames(source, start, start + length * speed / FPS, speed / FPS, size))[:length]
    return [np.ascontiguousarray(picture[:, ::-1]) for picture in shot] if rng.random() < 0.5 else shot


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


def _spans() -> list[tuple[Path, tuple[float, float]]]:
    """Single shots of the package footage. Raises FootageMissing."""
    files = {item.path.name: item.path for item in package_footage()}
    missing = sorted(set(_SPANS) - set(files))
    if missing:
        raise FootageMissing(f"{', '.join(missing)} not found: run `make setup` (infra/data-packages.txt)")
    return [(files[name], span) for name, spans in _SPANS.items() for span in spans]


def _frames(path: Path, start: float, end: float, step: float, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """The frames on the screen every ``step`` seconds."""
    due = start
    picture: np.ndarray | None = None
    for timed in timed_frames(path, start, end):
        picture = None
        while due <= timed.seconds + 1e-6 and due < end:
            picture = timed.upright(size) if picture is None else picture
            yield picture
            due += step
    while picture is not None and due < end - step / 2:
        yield picture
        due += step


def _write(path: Path, pictures: list[np.ndarray], size: tuple[int, int]) -> None:
    with atomic_path(path) as temporary, av.open(str(temporary), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=FPS)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast"}
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        file.mux(stream.encode())
