"""Overlay text: what an OCR engine reads in a few frames."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.missing import SignalMissing
from assets.curation.signals.sparse import Looks, Watch

_LEAST, _LONGEST = 1.5, 4.0  # seconds between looks at what changes, and at what does not
SIDE = 1280  # pixels of the longer side that are read at most
_SEARCHED = 736  # pixels of the longer side in which text is looked for: a third of what all of it would cost
_CLEAR = 26  # pixels there of a line's height, with the room that the engine leaves, from which its ends are found too
_SMALLEST_SIDE = 320  # pixels of the shorter one: what is smaller is enlarged
_BESIDE, _ABOVE = 1.5, 0.8  # line heights around what was found that are read with it: its ends may have been missed


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
            _maker()
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
    """The lines in a picture uint8 [H,W,3] RGB: looked for in a small one, read in a large one.

    Around small letters the large one is looked at again: in the small one their line's ends are often missed.
    Raises SignalMissing without an engine.
    """
    import cv2

    height, width = picture.shape[:2]
    large = np.ascontiguousarray(picture[:, :, ::-1])
    scale = max(min(1.0, _SEARCHED / max(height, width)), _SMALLEST_SIDE / min(height, width))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(large, (round(width * scale), round(height * scale)), interpolation=way), np.uint8)
    found, _ = _engine().text_det(small)
    shown, zoom = (large, scale) if scale < 1 else (small, 1.0)
    boxes = np.asarray(found, np.float32).reshape(-1, 4, 2) / np.float32(zoom)
    clear = np.linalg.norm(boxes[:, 0] - boxes[:, 3], axis=1) >= _CLEAR / zoom
    lines = _recognised(shown, boxes[clear])
    for left, top, right, bottom in _regions(boxes[~clear], shown.shape[:2]):
        lines += [
            (np.add(box, (left, top)), text, score)
            for box, text, score in _engine()(np.ascontiguousarray(shown[top:bottom, left:right]))[0] or []
        ]
    area = shown.shape[0] * shown.shape[1]
    return [
        Line(text, float(score), cv2.contourArea(np.asarray(box, np.float32)) / area)
        for box, text, score in sorted(lines, key=lambda line: (line[0][0][1], line[0][0][0]))
        if any(letter.isalnum() for letter in text)  # a bar or a block is no text
    ]


def _recognised(picture: np.ndarray, boxes: np.ndarray) -> list[tuple[np.ndarray, str, float]]:
    """Box, text and score of what the engine reads with confidence in boxes [N,4,2] of a picture BGR."""
    if not len(boxes):
        return []
    engine = _engine()
    ordered = engine.sorted_boxes(boxes)
    read, _ = engine.text_rec(engine.get_crop_img_list(picture, ordered))
    return [(box, text, score) for box, (text, score) in zip(ordered, read, strict=True) if score >= engine.text_score]


def _regions(boxes: np.ndarray, shape: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom around boxes [N,4,2], with some room; those that overlap are one. In reading order."""
    found: list[tuple[int, int, int, int]] = []
    for box in boxes:
        (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
        room = min(right - left, bottom - top)
        left, right = max(0, left - _BESIDE * room), min(shape[1], right + _BESIDE * room)
        top, bottom = max(0, top - _ABOVE * room), min(shape[0], bottom + _ABOVE * room)
        one = (int(left), int(top), round(right), round(bottom))
        while touching := [other for other in found if _overlap(one, other)]:
            found = [other for other in found if other not in touching]
            low = np.min([one, *touching], axis=0).tolist()
            high = np.max([one, *touching], axis=0).tolist()
            one = (low[0], low[1], high[2], high[3])
        found.append(one)
    return sorted(found, key=lambda region: (region[1], region[0]))


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@cache
def _engine() -> Any:
    # Overlay text stands upright: no classifier of upside-down lines. One thread: decoding needs the other cores.
    # Pieces of pictures are not enlarged: the engine's own least side of 736 would be for each of them. Faint finds
    # count, as in a small picture all letters are faint; what is none is dropped by the score of its reading.
    return _maker()(det_limit_side_len=32, det_thresh=0.2, det_box_thresh=0.3, use_cls=False, intra_op_num_threads=1)


def _maker() -> Any:
    """The engine's class: whether there is one is known before its networks are loaded, beside the decoding."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as error:
        raise SignalMissing(
            f"no OCR engine ({error}): pip install --no-deps -r infra/data-packages.txt, or make setup"
        ) from error
    return RapidOCR
