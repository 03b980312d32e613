"""Analysis: one decode pass over a file that finds its shots and measures what the filters ask for."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from assets.curation.appearance import colour_shares, perceptual_hash
from assets.ingestion.decode import timed_frames

WIDTH = 256  # pixels: signals do not depend on the file's own resolution
SAMPLE_RATE = 16.0  # signals a second, at most


@dataclass(frozen=True)
class Analysis:
    """Shots of a file and its signals over time.

    Attributes:
        shots: (start, end) in seconds, half open, without gaps.
        seconds: [S] times of the samples.
        change: [S] mean absolute difference of brightness since the sample before, 0..1; NaN for the first in a shot.
        shift: [S,2] how far the picture moved since then, right and down, in widths a second; NaN like ``change``.
        sharpness: [S] variance of the Laplacian of brightness (0..1) at ``WIDTH`` pixels, times 1,000.
        brightness: [S] mean brightness, 0..1.
        colours: [S,C] share of each named colour (``appearance.COLOURS``).
        hashes: [S] perceptual hashes, uint64.
    """

    shots: list[tuple[float, float]]
    seconds: np.ndarray
    change: np.ndarray
    shift: np.ndarray
    sharpness: np.ndarray
    brightness: np.ndarray
    colours: np.ndarray
    hashes: np.ndarray


@dataclass
class _Sample:
    seconds: float
    change: float
    shift: tuple[float, float]
    sharpness: float
    brightness: float
    colours: np.ndarray
    hash: int
    gray: np.ndarray | None


class _Sampler:
    """Signals of frames, in order."""

    def __init__(self) -> None:
        self.samples: list[_Sample] = []
        self._window: np.ndarray | None = None

    def due(self, seconds: float) -> bool:
        return not self.samples or seconds - self.samples[-1].seconds >= 1 / SAMPLE_RATE - 1e-3

    def add(self, seconds: float, picture: np.ndarray, *, new_shot: bool) -> None:
        import cv2

        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        change, shift = np.nan, (np.nan, np.nan)
        before = self.samples[-1] if self.samples else None
        if before is not None and before.gray is not None and not new_shot:
            change = float(np.abs(gray - before.gray).mean())
            if self._window is None:
                self._window = cv2.createHanningWindow(gray.shape[::-1], cv2.CV_32F)
            # Copies: OpenCV multiplies its arguments by the window in place when their size suits the transform.
            (right, down), response = cv2.phaseCorrelate(before.gray.copy(), gray.copy(), self._window)
            if response > 0.05:  # below, the peak is noise
                lasted = seconds - before.seconds
                shift = (right / gray.shape[1] / lasted, down / gray.shape[1] / lasted)
            else:
                shift = (0.0, 0.0)
        if before is not None:
            before.gray = None  # memory stays flat in the length of the file
        self.samples.append(
            _Sample(
                seconds=seconds,
                change=change,
                shift=shift,
                sharpness=float(cv2.Laplacian(gray, cv2.CV_32F).var()) * 1000,
                brightness=float(gray.mean()),
                colours=colour_shares(picture),
                hash=perceptual_hash(gray),
                gray=gray,
            )
        )


def analyse(path: Path) -> Analysis:
    """The analysis of a video file. Raises what the decoder raises, and ValueError for a file without frames."""
    from scenedetect import ContentDetector, FrameTimecode

    # Every cut counts, however soon after the last one: a clip must lie within one shot.
    detector = ContentDetector(min_scene_len=0)
    times: list[float] = []
    cuts: list[int] = []
    sampler = _Sampler()
    size: tuple[int, int] | None = None
    for timed in timed_frames(path):
        if size is None:
            size = (WIDTH, max(16, round(WIDTH * timed.size[1] / timed.size[0])))
        picture = timed.upright(size)
        # The detector counts frames; their times are kept here, so a variable frame rate does not matter.
        found = detector.process_frame(FrameTimecode(len(times), fps=25.0), picture[:, :, ::-1])
        cuts += [cut.frame_num for cut in found]
        times.append(timed.seconds)
        if found or sampler.due(timed.seconds):
            sampler.add(timed.seconds, picture, new_shot=bool(found))
    if not times:
        raise ValueError(f"{path} holds no frame")
    end = times[-1] + (times[-1] - times[0]) / max(len(times) - 1, 1)
    bounds = [times[0], *(times[cut] for cut in sorted(set(cuts)) if cut > 0), end]
    samples = sampler.samples
    return Analysis(
        shots=list(pairwise(bounds)),
        seconds=np.array([s.seconds for s in samples]),
        change=np.array([s.change for s in samples]),
        shift=np.array([s.shift for s in samples]),
        sharpness=np.array([s.sharpness for s in samples]),
        brightness=np.array([s.brightness for s in samples]),
        colours=np.stack([s.colours for s in samples]),
        hashes=np.array([s.hash for s in samples], dtype=np.uint64),
    )
