"""What is laid over a finished picture: a style of the whole, and words on a plate."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assets.world.compositing import OPAQUE, blend
from assets.world.spec import InvalidSpec
from serving.media.fonts import font, uncovered

STYLES: dict[str, NDArray[np.float32]] = {  # RGB to RGB
    "natural": np.eye(3, dtype=np.float32),
    "greyscale": np.array([[0.299, 0.587, 0.114]] * 3, np.float32),
    "sepia": np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32) * 0.9,
    "night": np.array([[0.34, 0.04, 0.02], [0.04, 0.42, 0.06], [0.08, 0.14, 0.68]], np.float32),
}
_HEIGHT = 0.13  # of the short side
_WIDEST = 0.92  # of the width
_FROM_TOP = 0.03  # of the height
_LEAST = 2  # pixels of height; nobody reads that, but the smallest frames have words too
_INK, _PLATE = (255, 255, 255, 255), (20, 20, 24, 255)


@dataclass(frozen=True, eq=False)
class Lettering:
    """Words drawn for one frame size.

    Attributes:
        picture: uint8 [h, w, 4], premultiplied.
        box: Left, top, right, bottom of its plate in the frame.
    """

    picture: NDArray[np.uint8]
    box: tuple[int, int, int, int]

    @property
    def region(self) -> tuple[slice, slice]:
        """Rows and columns of the plate."""
        left, top, right, bottom = self.box
        return slice(top, bottom), slice(left, right)

    @property
    def opaque(self) -> NDArray[np.bool_]:
        """Where it hides what is behind."""
        return np.asarray(self.picture[..., 3] >= OPAQUE)

    def lay(self, canvas: NDArray[np.uint8]) -> None:
        """Draw it on a frame of its size."""
        patch = np.ascontiguousarray(canvas[self.region])
        blend(patch, self.picture)
        canvas[self.region] = patch


@lru_cache(maxsize=64)
def lettering(text: str, height: int, width: int) -> Lettering:
    """White bold words on a dark plate at the top, as large as fits.

    Raises:
        InvalidSpec: The font cannot draw a character, or the words do not fit the width.
    """
    from PIL import Image, ImageDraw

    missing = uncovered(text)
    if missing:
        raise InvalidSpec(f"the font has no glyph for {missing!r}: write the text without")
    size = max(_LEAST, round(_HEIGHT * min(height, width)))
    while size >= _LEAST:
        chosen = font(size, bold=True)
        left, top, right, bottom = (round(edge) for edge in chosen.getbbox(text))
        pad = max(1, round(0.25 * size))
        wide, tall = right - left + 2 * pad, bottom - top + 2 * pad
        if wide <= _WIDEST * width:
            break
        size -= 1
    else:
        raise InvalidSpec(f"the text {text!r} does not fit a frame {width} pixels wide: shorten it")
    plate = Image.new("RGBA", (wide, tall), _PLATE)
    ImageDraw.Draw(plate).text((pad - left, pad - top), text, font=chosen, fill=_INK)
    x, y = (width - wide) // 2, round(_FROM_TOP * height)
    return Lettering(np.asarray(plate), (x, y, x + wide, y + tall))
