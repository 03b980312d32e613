"""Overlay text: what an OCR engine reads in a few frames."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.missing import SignalMissing
from assets.curation.signals.sparse import Looks, Watch

_LEAST, _LONGEST = 1.5, 4.0  # seconds between looks at what changes, and at what does not
SIDE = 800  # pixels of the longer side that are read: letters of 2 percent of the height are still 9 pixels
_SMALLEST_SIDE = 320  # the engine enlarges what is smaller; its own default of 736 costs four times as much


@dataclass(frozen=True)
class Line:
    """A line of text: what it says, the recognition's score 0..1, and its share of the picture's area."""

    text: str
    score: float
    area: float


@dataclass(frozen=True)
class TextTrack:
    """The lines of each look, or why nobody looked."""

    looks: Looks[list[Line]]
    reason: str | None

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``text_score``: highest score of a line in any sampled frame, 0 without text.

        ``text_area``: largest share of the picture that text took; ``text``: the lines of that frame.
        """
        seen = self.looks.between(start, end)
        if not seen:
            why = self.reason or "no frame of the span was read"
            return {
                "text_score": None,
                "text_area": None,
                "text": None,
                "missing": {"text_score": why, "text_area": why, "text": why},
            }
        most = max(seen, key=lambda lines: sum(line.area for line in lines))
        return {
            "text_score": round(max((line.score for lines in seen for line in lines), default=0.0), 4),
            "text_area": round(sum(line.area for line in most), 4),
            "text": [line.text for line in most],
        }


class Text:
    """Reads a frame after each change of the picture, at most every 1.5 s, and every 4 s of what does not change."""

    def __init__(self) -> None:
        self._watch: Watch[np.ndarray, list[Line]] = Watch(_LEAST, _LONGEST, read)
        self._reason: str | None = None
        try:
            _engine()
        except SignalMissing as error:
            self._reason = str(error)

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._reason is None:
            self._watch.see(frame, lambda: frame.large(SIDE))

    def track(self) -> TextTrack:
        """What was seen."""
        return TextTrack(self._watch.looks(), self._reason)


def read(picture: np.ndarray) -> list[Line]:
    """The lines in a picture uint8 [H,W,3] RGB. Raises SignalMissing without an engine."""
    import cv2

    found, _ = _engine()(np.ascontiguousarray(picture[:, :, ::-1]))
    size = picture.shape[0] * picture.shape[1]
    return [
        Line(text, float(score), cv2.contourArea(np.array(box, dtype=np.float32)) / size)
        for box, text, score in found or []
        if any(letter.isalnum() for letter in text)  # a bar or a block is no text
    ]


@cache
def _engine() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as error:
        raise SignalMissing(
            f"no OCR engine ({error}): pip install --no-deps -r infra/data-packages.txt, or make setup"
        ) from error
    # Overlay text stands upright: no classifier of upside-down lines. One thread: decoding needs the other cores.
    return RapidOCR(det_limit_side_len=_SMALLEST_SIDE, use_cls=False, intra_op_num_threads=1)
