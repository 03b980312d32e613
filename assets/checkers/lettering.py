"""Words over the picture, read by drawing them again: a plate is looked for, then letter by letter what is on it."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, product
from string import ascii_uppercase, digits

import numpy as np
from numpy.typing import NDArray

from assets.checkers.judgement import Judgement
from serving.media.fonts import font

Floats = NDArray[np.float64]

ALPHABET = ascii_uppercase + digits
_HEIGHT, _FROM_TOP, _WIDEST, _PAD = 0.13, 0.03, 0.92, 0.25  # of the world's plates (``assets/world/overlay.py``)
_INK, _PLATE = 255.0, 20.5  # luma
_DARK = 60.0  # luma up to which a pixel may be a plate's
_BRIGHT = 140.0  # from which it may be a letter's
_CLEAR = 0.93  # share of a plate's edge that is dark
_BEAM = 3
_HOPELESS = 0.3  # mean difference from which a beginning is not read on
_WORST = 0.12  # mean difference of luma, 0 to 1, up to which a reading is believed
_LONGEST = 16


@dataclass(frozen=True)
class _Plate:
    """A dark rectangle in the frame that holds letters drawn at ``size``; ``lift`` is the rise of the tallest one."""

    size: int
    lift: int
    left: int
    top: int
    right: int
    bottom: int


def words(frames: NDArray[np.uint8]) -> Judgement[str | None]:
    """The word over uint8 [F, H, W, 3], or None; one that stays from the first to the last frame."""
    luma = np.asarray(np.median(frames @ np.array([0.299, 0.587, 0.114]), axis=0))
    least = _HOPELESS
    for _, plates in groupby(_plates(luma), key=lambda plate: plate.size):  # the largest letters first
        readings = [reading for plate in plates for reading in _read(luma, plate)]
        if readings:
            error, text = min(readings)
            if error <= _WORST:
                return Judgement(text, 1 - 0.5 * error / _WORST)
            least = min(least, error)
    return Judgement(None, 1 - 0.5 * _WORST / least)


def _plates(luma: Floats) -> list[_Plate]:
    """Rectangles where the world would put a plate: dark along their edges, with letters that fill them."""
    height, width = luma.shape
    nominal = max(5, round(_HEIGHT * min(height, width)))
    top = round(_FROM_TOP * height)
    found = []
    for size, tallest in product(range(nominal, max(4, nominal - 4), -1), ("H", "O")):
        pad = max(1, round(_PAD * size))
        _, rise, _, _ = (round(edge) for edge in font(size, bold=True).getbbox(tallest))
        bottom = top + round(font(size, bold=True).getbbox("H")[3]) - rise + 2 * pad
        if bottom >= height:
            continue
        letters = luma[top + pad : bottom - pad]
        for wide in range(2 * pad + 3, int(_WIDEST * width) + 1):
            left = (width - wide) // 2
            right = left + wide
            edge = np.concatenate(
                [
                    luma[top : top + pad - 1, left:right].ravel(),
                    luma[bottom - pad + 2 : bottom, left:right].ravel(),
                    luma[top:bottom, left : left + pad - 1].ravel(),
                    luma[top:bottom, right - pad + 1 : right].ravel(),
                ]
            )
            first = letters[:, left + pad - 1 : left + pad + 4].max()
            last = letters[:, right - pad - 4 : right - pad + 1].max()
            if (edge < _DARK).mean() >= _CLEAR and min(first, last) > _BRIGHT:
                found.append(_Plate(size, rise, left, top, right, bottom))
    return found


def _read(luma: Floats, plate: _Plate) -> list[tuple[float, str]]:
    """Readings that fill the plate, with their mean differences from what is seen: a beam search over letters."""
    wide = plate.right - plate.left
    beam: list[tuple[float, str]] = [(0.0, "")]
    whole: list[tuple[float, str]] = []
    for _ in range(_LONGEST):
        longer: list[tuple[float, str]] = []
        for _, prefix in beam:
            for letter in ALPHABET:
                text = prefix + letter
                drawn = _drawn(text, plate.size, plate.lift, plate.bottom - plate.top)
                if drawn.shape[1] > wide + 1:
                    continue
                error = _difference(luma, plate, drawn, whole=abs(drawn.shape[1] - wide) <= 1)
                if abs(drawn.shape[1] - wide) <= 1:
                    whole.append((error, text))
                longer.append((error, text))
        beam = [one for one in sorted(longer)[:_BEAM] if one[0] <= _HOPELESS]
        if not beam:
            break
    return whole


def _difference(luma: Floats, plate: _Plate, drawn: Floats, *, whole: bool) -> float:
    """Mean difference over the columns that a text decides: all of them, or those before its right padding."""
    pad = max(1, round(_PAD * plate.size))
    columns = drawn.shape[1] - (0 if whole else pad)
    seen = luma[plate.top : plate.top + drawn.shape[0], plate.left : plate.left + columns]
    shape = (min(len(seen), len(drawn)), min(seen.shape[1], columns))
    letters = drawn[: shape[0], : shape[1]]
    weight = 0.2 + np.abs(np.gradient(letters, axis=1)) + letters
    return float((np.abs(_normal(seen[: shape[0], : shape[1]]) - letters) * weight).sum() / weight.sum())


def _normal(luma: Floats) -> Floats:
    """Luma as a share of the way from plate to ink."""
    return np.asarray(np.clip((luma - _PLATE) / (_INK - _PLATE), 0, 1))


@lru_cache(maxsize=8192)
def _drawn(text: str, size: int, lift: int, tall: int) -> Floats:
    """A text on a plate that it fills from side to side, 0 to 1, [tall, w]."""
    from PIL import Image, ImageDraw

    chosen = font(size, bold=True)
    left, _, right, _ = (round(edge) for edge in chosen.getbbox(text))
    pad = max(1, round(_PAD * size))
    plate = Image.new("L", (right - left + 2 * pad, tall), 0)
    ImageDraw.Draw(plate).text((pad - left, pad - lift), text, font=chosen, fill=255)
    return np.asarray(plate, np.float64) / 255
