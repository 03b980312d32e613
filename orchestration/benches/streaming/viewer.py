"""A viewer of a stream: when each frame comes, and how soon another prompt shows."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import numpy as np

from serving.live import SIDES, Prompt, chunks, until
from serving.media.mp4 import write_fragmented
from serving.pipeline import Pipeline
from serving.seams import changes
from serving.watermark import Watermarker

_FIRST, _SECOND = "a red ball stays still on a blue background", "a green star stays still on a yellow background"
_MOMENT = 0.02  # seconds after a chunk was begun: the worst time to ask for another prompt
_SPAN = 5.0  # seconds of video that must keep up


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
