"""Whether an edit was made where it was asked for, and nowhere else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers.judgement import Judgement

Floats = NDArray[np.float64]

_SPREAD = 5  # pixels over which a difference is averaged: a codec's noise is finer than a change
_MARGIN = 5  # pixels about the mask where a codec smears the change
_CHANGED = 30.0  # of 255, in the averaged difference: a pixel that an edit changed
_INSIDE, _OUTSIDE = 0.02, 0.001  # shares of the pixels from which there is a change
_LEAST = 16  # pixels in all that make a change outside


@dataclass(frozen=True)
class EditVerdict:
    """Of one edit: whether something ``changed`` inside the mask, and whether everything outside was ``kept``."""

    changed: Judgement[bool]
    kept: Judgement[bool]


def verdict(before: NDArray[np.uint8], after: NDArray[np.uint8], mask: NDArray[np.bool_]) -> EditVerdict:
    """Compare uint8 [F, H, W, 3] before and after an edit that ``mask`` [F, H, W] allows.

    Raises:
        ValueError: The three differ in shape.
    """
    import cv2

    if before.shape != after.shape or mask.shape != before.shape[:3]:
        raise ValueError(f"before is {before.shape}, after {after.shape}, mask {mask.shape}: they must be of one clip")
    around = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    inside, outside, asked, others = 0, 0, 0, 0
    for old, new, here in zip(before, after, mask, strict=True):
        apart = cv2.blur(old.astype(np.float32) - new.astype(np.float32), (_SPREAD, _SPREAD))
        changed = np.abs(apart).max(axis=-1) > _CHANGED
        beyond = cv2.dilate(here.astype(np.uint8), around) == 0
        inside, asked = inside + int((changed & here).sum()), asked + int(here.sum())
        outside, others = outside + int((changed & beyond).sum()), others + int(beyond.sum())
    most = max(_LEAST, _OUTSIDE * others)
    return EditVerdict(
        _judged(inside / max(asked, 1), _INSIDE, value=inside > _INSIDE * asked),
        _judged(outside, most, value=outside <= most),
    )


def _judged(measure: float, limit: float, *, value: bool) -> Judgement[bool]:
    return Judgement(value, max(measure, limit) / max(measure + limit, 1e-9))
