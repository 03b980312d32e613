"""Copies: how many synthetic copies the near-duplicate search finds, and how many unrelated pairs it takes for copies.

Originals are the clips of the packages' footage and clips of the sandbox world. Each is written again as a video
file in six ways, and every file goes through the same description as curation gives it.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.curation.copies.look import Look
from assets.curation.copies.search import search
from assets.curation.policy import SMALL_CORPUS

Frames = NDArray[np.uint8]

_FPS = 24
_RENDERED = 40
_SEED = 7
_SHORTEST, _LONGEST = 1.0, 3.0  # seconds
_ONE_SHOT = ("earth.mp4", "bigbuckbunny.mp4", "carphone_pristine.mp4", "carphone_distorted.mp4")


@dataclass(frozen=True)
class Original:
    """A clip that copies are made of.

    Attributes:
        group: Clips of one group may show the same (one shot cut in parts): no claim is made about their pairs.
        frames: uint8 [F, H, W, 3] at 24 fps.
    """

    group: str
    frames: Frames
    fps: float


@dataclass(frozen=True)
class Written:
    """A file of the bench: which original it shows, how it was made, and its look."""

    original: int
    kind: str
    look: Look


def run() -> dict[str, float]:
    """Recall over all copies and by kind, the share of unrelated pairs taken for copies, and what the search cost."""
    originals = [*footage_originals(), *rendered_originals(_RENDERED)]
    files = list(_files(originals))
    begin = time.perf_counter()
    found = search([file.look for file in files], SMALL_CORPUS.max_copy_residual)
    seconds = time.perf_counter() - begin
    matched = {(pair.first, pair.second) for pair in found.pairs}
    firsts = {file.original: place for place, file in enumerate(files) if file.kind == "original"}
    hits: dict[str, list[bool]] = {}
    for place, file in enumerate(files):
        if file.kind != "original":
            hits.setdefault(file.kind, []).append((firsts[file.original], place) in matched)
    groups = [originals[file.original].group for file in files]
    unrelated = [pair for pair in combinations(range(len(files)), 2) if groups[pair[0]] != groups[pair[1]]]
    return {
        "copy_recall": float(np.mean([hit for of_kind in hits.values() for hit in of_kind])),
        "copy_false_positive": float(np.mean([pair in matched for pair in unrelated])),
        **{f"copy_recall_{kind}": float(np.mean(of_kind)) for kind, of_kind in sorted(hits.items())},
        "copies": float(sum(map(len, hits.values()))),
        "copy_unrelated_pairs": float(len(unrelated)),
        "copy_compared_share": found.compared / max(1, len(files) * (len(files) - 1) // 2),
        "copy_search_seconds": seconds,
        "copy_bytes_per_clip": float(np.mean([len(file.look.packed()) for file in files])),
    }


def _files(originals: Sequence[Original]) -> Iterator[Written]:
    """Each original as a file, then its copies."""
    rng = np.random.default_rng(_SEED)
    with tempfile.TemporaryDirectory(prefix="cinemill-copies-") as folder:
        for number, original in enumerate(originals):
            for kind, frames, fps, crf in [("original", original.frames, original.fps, 18), *copies(original, rng)]:
                yield Written(number, kind, _described(Path(folder) / "copy.mp4", frames, fps, crf))


def copies(original: Original, rng: np.random.Generator) -> Iterator[tuple[str, Frames, float, int]]:
    """Kind, frames, frames a second and H.264 quality of each copy."""
    frames, fps = original.frames, original.fps
    yield "reencoded", frames, fps, 36
    yield "resized", _resized(frames, float(rng.uniform(0.4, 0.7)), float(rng.uniform(0.8, 1.25))), fps, 26
    yield "cropped", _cropped(frames, rng), fps, 26
    yield "mirrored", frames[:, :, ::-1], fps, 26
    yield "retimed", _trimmed(frames, rng), fps * float(rng.choice([0.5, 0.75, 1.25, 2.0])), 26
    mixed = _resized(_cropped(_trimmed(frames, rng), rng)[:, :, ::-1], float(rng.uniform(0.6, 0.9)), 1.0)
    yield "everything", mixed, fps * float(rng.choice([0.75, 1.25])), 30


def footage_originals() -> Iterator[Original]:
    """The clips of the packages' footage in spans of at most 3 s, at most 480 pixels wide."""
    from assets.curation.clips import split
    from assets.curation.loading import load_clip
    from assets.ingestion.ingest import ingest
    from assets.ingestion.sources import discover

    with tempfile.TemporaryDirectory(prefix="cinemill-copies-") as folder:
        footage = {row["id"]: row for row in ingest(discover([]), Path(folder), Path(folder))}
        for clip in split(list(footage.values())):
            row, seconds = footage[clip["source"]], clip["end"] - clip["start"]
            parts = int(np.ceil(seconds / _LONGEST))
            if clip["error"] or seconds / parts < _SHORTEST:
                continue
            scale = min(1.0, 480 / clip["width"])
            height, width = (2 * round(side * scale / 2) for side in (clip["height"], clip["width"]))
            for part in range(parts):
                begin = clip["start"] + part * seconds / parts
                span = {"path": row["path"], "start": begin, "end": begin + seconds / parts}
                frames = load_clip(span, height, width, int(seconds / parts * _FPS), _FPS)
                yield Original(_shot(row["name"], clip), frames, _FPS)


def _shot(name: str, clip: dict[str, Any]) -> str:
    """What may show the same: one shot, the whole of a film of one shot, two transfers of one recording."""
    return name.split("_", maxsplit=1)[0] if name in _ONE_SHOT else f"{name} {clip['start']:g}"


def rendered_originals(count: int) -> Iterator[Original]:
    """Plain clips of the sandbox world in 256x144, no two with the same ground, colour and kind of thing."""
    from assets.world.draw import EASY, draw
    from assets.world.render import pictures

    seen: set[tuple[str, ...]] = set()
    seed = 0
    while len(seen) < count:
        spec = draw(seed, EASY)
        seed += 1
        facts = (*spec.background.colours, spec.objects[0].colour or "own", spec.objects[0].kind)
        if facts not in seen:
            seen.add(facts)
            yield Original(" ".join(facts), pictures(spec, 144, 256, _FPS, 48), _FPS)


def _described(path: Path, frames: Frames, fps: float, crf: int) -> Look:
    from assets.curation.copies.describe import looks

    _write(path, frames, fps, crf)
    (packed,) = looks((str(path), [(0.0, len(frames) / fps)]))
    if packed is None:
        raise ValueError(f"a {len(frames)}-frame copy at {fps:g} frames a second holds no frame")
    return Look.unpacked(packed)


def _write(path: Path, frames: Iterable[Frames], fps: float, crf: int) -> None:
    import av

    rate = Fraction(fps).limit_denominator(1000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for number, picture in enumerate(frames):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _resized(frames: Frames, scale: float, stretch: float) -> Frames:
    import cv2

    height, width = (max(48, 2 * round(side * scale / 2)) for side in (frames.shape[1] * stretch, frames.shape[2]))
    return np.stack([cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames])


def _cropped(frames: Frames, rng: np.random.Generator) -> Frames:
    """A window of 70 to 95 percent of each side, anywhere."""
    edges = []
    for side in frames.shape[1:3]:
        kept = 2 * int(side * rng.uniform(0.7, 0.95) / 2)
        start = int(rng.integers(0, side - kept + 1))
        edges.append(slice(start, start + kept))
    return frames[:, edges[0], edges[1]]


def _trimmed(frames: Frames, rng: np.random.Generator) -> Frames:
    """The middle, without up to a quarter at either end."""
    start, end = (int(len(frames) * rng.uniform(0, 0.25)) for _ in range(2))
    return frames[start : len(frames) - end]
