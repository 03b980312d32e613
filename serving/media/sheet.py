"""Contact sheets: a row of stills for each clip, for people who want to see all of them at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.files import atomic_path
from serving.media.fonts import font

if TYPE_CHECKING:
    from PIL import Image

_HEIGHT = 120  # pixels of a still
_GAP = 6
_LABEL = 20
_BACKGROUND = (24, 24, 24)
_INK = (225, 225, 225)


@dataclass(frozen=True)
class Row:
    """One clip on a sheet.

    Attributes:
        label: One line above the stills.
        stills: uint8 [H, W, 3] each, from left to right.
    """

    label: str
    stills: Sequence[np.ndarray]


def stills(frames: np.ndarray, count: int) -> list[np.ndarray]:
    """``count`` frames of [F, H, W, 3], evenly spread from the first to the last."""
    return [frames[index] for index in np.linspace(0, len(frames) - 1, count).round().astype(int)]


def stills_among(frames: Iterable[np.ndarray], length: int, count: int) -> list[np.ndarray]:
    """The same of ``length`` frames [H, W, 3] that come one by one and are not kept; of fewer, fewer."""
    wanted = np.linspace(0, length - 1, count).round().astype(int).tolist()
    kept = {index: frame for index, frame in enumerate(frames) if index in wanted}
    return [kept[index] for index in wanted if index in kept]


def contact_sheet(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as one PNG; their stills are made small as each row comes."""
    from PIL import Image, ImageDraw

    pictures = [(row.label, [_scaled(still) for still in row.stills]) for row in rows]
    width = max(sum(picture.width + _GAP for picture in row) for _, row in pictures) + _GAP
    sheet = Image.new("RGB", (width, len(pictures) * (_HEIGHT + _LABEL + _GAP) + _GAP), _BACKGROUND)
    canvas = ImageDraw.Draw(sheet)
    for index, (label, scaled) in enumerate(pictures):
        top = _GAP + index * (_HEIGHT + _LABEL + _GAP)
        canvas.text((_GAP, top), label, font=font(13), fill=_INK)
        left = _GAP
        for picture in scaled:
            sheet.paste(picture, (left, top + _LABEL))
            left += picture.width + _GAP
    with atomic_path(path) as temporary:
        sheet.save(temporary)


def _scaled(still: np.ndarray) -> "Image.Image":
    from PIL import Image

    picture = Image.fromarray(still)
    return picture.resize((max(1, round(picture.width * _HEIGHT / picture.height)), _HEIGHT), Image.Resampling.LANCZOS)
