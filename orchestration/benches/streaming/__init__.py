"""Live video of the starters: how fast it comes, how soon it begins and how soon it follows a new prompt."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Timer

import numpy as np

from assets.starter.bundle import bundled
from assets.starter.quality import asked
from assets.starter.round_trip import psnr, through
from models.recipes import demo
from models.starter import AUTOENCODER
from orchestration.benches.envelope import in_fresh_process
from serving.live import SIDES, Prompt, chunks, until
from serving.media.mp4 import write_fragmented
from serving.pipeline import Pipeline
from serving.seams import changes
from serving.watermark import Watermarker

_SECONDS, _WARM = 60.0, 4.0
_FIRST, _SECOND = "a red ball stays still on a blue background", "a green star stays still on a yellow background"
_MOMENT = 0.02  # seconds after a chunk was begun: the worst time to ask for another prompt
_SPAN = 5.0  # seconds of video that must keep up
_COLD = 5  # fresh processes
_CLIPS = 16  # that the decoder's PSNR is the mean of


def run(seconds: float = _SECONDS) -> dict[str, float]:
    """A stream as ``cinemill stream --no-pace`` makes it: 128x128, 16 frames a second, marked, encoded to mp4.

    ``real_time_factor`` is seconds of video over the seconds that they took, ``slowest_real_time_factor`` that of the
    slowest five seconds of video. ``first_frame_seconds`` go from the request to the first frame's way to the encoder,
    ``prompt_change_seconds`` from a new prompt in the middle, which comes just after a chunk was begun, to that of the
    first frame made with it; ``prompt_change`` is how much that frame differs from the one before it, in grey levels,
    ``usual_change`` the mean before. ``psnr`` is the decoder's, in dB, on held-out clips of the size that is sampled.
    Sessions are loaded: four seconds of another stream go first. ``cold_start_seconds``, the median of five fresh
    processes, are what loading them takes, from the start of the process on.
    """
    from models.autoencoder import load_autoencoder

    with TemporaryDirectory(prefix="cinemill-streaming-") as folder:
        bundle = bundled(Path(folder))
        cold = median(cold_start(bundle.folder) for _ in range(_COLD))
        pipeline = Pipeline.from_bundle(bundle)
        Viewer(_WARM).watch(pipeline, Path(folder) / "warm.mp4")
        viewer = Viewer(seconds)
        viewer.watch(pipeline, Path(folder) / "stream.mp4")
    clips = asked(demo().world, "validation", _CLIPS).clips
    back = through(load_autoencoder(AUTOENCODER), clips)
    quality = float(np.mean([psnr(*pair) for pair in zip(back, clips, strict=True)]))
    figures = viewer.figures() | {"cold_start_seconds": cold, "psnr": quality}
    return {name: round(value, 3) for name, value in figures.items()}


def cold_start(bundle: Path) -> float:
    """Seconds from asking for a fresh process to its having loaded every session of a bundle."""
    made = in_fresh_process("orchestration.benches.streaming.cold", bundle, time.time())
    return float(made["cold_start_seconds"])


class Viewer:
    """Notes when each frame of a stream of so many seconds comes; asks for another prompt in its middle."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._prompt = Prompt(_FIRST)
        self._fps = 0
        self._begun = self._asked = 0.0
        self._frames: list[np.ndarray] = []
        self._came: list[float] = []
        self._old = 0  # frames of the first prompt

    def watch(self, pipeline: Pipeline, path: Path) -> None:
        """Have the stream made and encoded to ``path``."""
        self._fps = pipeline.config.fps
        height, width = (2 * side for side in SIDES["1:1"])
        marker = Watermarker(os.urandom(32))
        self._begun = time.perf_counter()
        pieces = pipeline.enlarger(self._pieces(pipeline), (height, width))
        write_fragmented(path, self._noted(frame for piece in pieces for frame in marker.embed(piece, 1)), self._fps)
        self._came.append(time.perf_counter())

    def figures(self) -> dict[str, float]:
        """What ``run`` says, but for the decoder's."""
        begins, span = self._came[:-1], round(_SPAN * self._fps)
        spans = [end - start for start, end in zip(begins, begins[span:], strict=False)]
        change = changes(self._frames)
        return {
            "real_time_factor": self._seconds / (self._came[-1] - self._begun),
            "slowest_real_time_factor": _SPAN / max(spans),
            "first_frame_seconds": begins[0] - self._begun,
            "prompt_change_seconds": begins[self._old] - self._asked,
            "prompt_change": float(change[self._old]),
            "usual_change": float(change[1 : self._old].mean()),
        }

    def _pieces(self, pipeline: Pipeline) -> Iterator[np.ndarray]:
        made, timer = 0, Timer(_MOMENT, self._ask)
        for chunk in until(chunks(pipeline, self._prompt), round(self._seconds * self._fps), lambda _: True):
            self._old += len(chunk.frames) if chunk.prompt == _FIRST else 0
            made += len(chunk.frames)
            yield chunk.frames
            if not timer.is_alive() and not self._asked and made >= self._seconds * self._fps / 2:
                timer.start()  # while the next chunk is made

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._prompt.change(_SECOND)

    def _noted(self, frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in frames:
            self._frames.append(frame)
            self._came.append(time.perf_counter())
            yield frame
