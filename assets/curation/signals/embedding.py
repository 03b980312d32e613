"""The joint embedding: what a clip shows as a vector of the contrastive video-text model, for clusters and search."""

import base64
from array import array
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.curation.signals.frame import Frame
from assets.curation.tower import clip_vector
from models.contrastive.config import FRAMES

_RATE = 4.0  # frames a second: eight are two seconds, about the time of the clips that the model knows
_CUT = 0.12  # of 1: mean difference between two looks from which the picture is another one
_WAITING = 4  # windows, of a megabyte each
_LEVELS = 127

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class EmbeddingTrack:
    """Vectors of a film's windows of up to eight frames.

    Attributes:
        edges: First and last frame's seconds of each window, one after the other.
        frames: How many each window has.
        vectors: All windows' vectors, one after the other.
    """

    edges: "array[float]"
    frames: "array[int]"
    vectors: "array[float]"

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``embedding``: see ``packed``; the mean of the windows whose middle lies in the span, by their frames."""
        edges = np.array(self.edges).reshape(-1, 2)
        middles = edges.mean(axis=1)
        inside = (middles >= start - 1e-6) & (middles < end - 1e-6)
        if not inside.any() and len(edges):  # a span shorter than a window
            shared = np.minimum(edges[:, 1], end) - np.maximum(edges[:, 0], start)
            inside = (shared == shared.max()) & (shared >= 0)
        if not inside.any():
            return {"embedding": None, "missing": {"embedding": "no frame of the span was looked at"}}
        vectors = np.array(self.vectors, np.float32).reshape(len(edges), -1)
        return {"embedding": packed(np.array(self.frames, np.float32)[inside] @ vectors[inside])}


class Embedding:
    """Looks at four frames a second, and makes a vector of every eight, or of those between two cuts.

    Vectors are made in a thread of their own while the film goes on; no more than a few windows wait for it.
    """

    def __init__(self) -> None:
        self._beside = ThreadPoolExecutor(1)
        self._edges, self._frames, self._vectors = array("d"), array("I"), array("f")
        self._waiting: deque[Future[Vector]] = deque()
        self._pictures: list[np.ndarray] = []
        self._first = self._last = 0.0
        self._gray: np.ndarray | None = None

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._gray is not None and frame.seconds - self._last < 1 / _RATE - 1e-3:
            return
        gray = frame.gray[::4, ::4].astype(np.float32) / 255
        before, self._gray = self._gray, gray
        cut = before is not None and (before.shape != gray.shape or float(np.abs(gray - before).mean()) > _CUT)
        if cut or len(self._pictures) == FRAMES:
            self._close()
        if not self._pictures:
            self._first = frame.seconds
        self._last = frame.seconds
        self._pictures.append(frame.picture)

    def track(self) -> EmbeddingTrack:
        """What was seen."""
        self._close()
        self._beside.shutdown()
        self._take(0)
        return EmbeddingTrack(self._edges, self._frames, self._vectors)

    def _close(self) -> None:
        """Let a vector be made of the pictures since the last one."""
        if not self._pictures:
            return
        self._take(_WAITING - 1)
        self._waiting.append(self._beside.submit(clip_vector, np.stack(self._pictures)))
        self._edges.extend((self._first, self._last))
        self._frames.append(len(self._pictures))
        self._pictures = []

    def _take(self, left: int) -> None:
        """Keep the vectors that were made, the first first, until only so many are waited for."""
        while len(self._waiting) > left:
            self._vectors.extend(self._waiting.popleft().result().tolist())


def packed(vector: Vector) -> str:
    """A vector's direction as base64 text of one signed byte a number, for a manifest: cosines are kept to 0.01."""
    return base64.b64encode(np.rint(vector / np.abs(vector).max() * _LEVELS).astype(np.int8).tobytes()).decode("ascii")


def unpacked(text: str) -> Vector:
    """The unit vector that ``packed`` wrote. Raises ValueError for another text."""
    levels = np.frombuffer(base64.b64decode(text, validate=True), np.int8).astype(np.float32)
    length = float(np.linalg.norm(levels))
    if not length:
        raise ValueError("the text holds no direction: measure the clip again")
    return np.asarray(levels / length)
