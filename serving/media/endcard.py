"""EndCard: the still picture that closes an advertisement, and the dissolve that leads to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serving.errors import MediaError
from serving.media.fonts import font, uncovered

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

SECONDS = 2.0
DISSOLVE_SECONDS = 0.5
_MARGIN = 0.08  # of the shorter side
_WHITE = (255, 255, 255)
_SOFT = (215, 215, 215)
_SMALLEST = 10  # pixels; smaller text cannot be read


@dataclass(frozen=True)
class EndCard:
    """What the card says.

    Attributes:
        brand: Small, at the top; may be empty.
        product: Large.
        message: Below the product, in the viewer's language.
        disclosure: At the bottom: that the video was made with AI.
    """

    product: str
    message: str
    disclosure: str
    brand: str = ""

    def __post_init__(self) -> None:
        missing = uncovered(self.brand + self.product + self.message + self.disclosure)
        if missing:
            raise MediaError(f"the font of end cards has no glyph for {missing!r}: write the text without")

    def draw(self, background: np.ndarray) -> np.ndarray:
        """The card over a darkened blur of ``background`` uint8 [H, W, 3], of its size.

        Raises:
            MediaError: a text does not fit even at the smallest readable size.
        """
        from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

        height, width = background.shape[:2]
        blurred = Image.fromarray(background).filter(ImageFilter.GaussianBlur(min(height, width) / 16))
        picture = ImageEnhance.Brightness(blurred).enhance(0.35)
        canvas = ImageDraw.Draw(picture)
        unit = min(height, width)
        for text, centre, room, size, bold, colour in (
            (self.brand, 0.14, 0.10, 0.055, False, _SOFT),
            (self.product, 0.36, 0.26, 0.13, True, _WHITE),
            (self.message, 0.62, 0.26, 0.065, False, _WHITE),
            (self.disclosure, 0.90, 0.12, 0.042, False, _SOFT),
        ):
            _write(canvas, text, (width, height), centre, room * height, round(size * unit), bold=bold, colour=colour)
        return np.asarray(picture)

    def frames(self, last: np.ndarray, count: int, fps: int) -> Iterator[np.ndarray]:
        """``count`` frames that dissolve from the video's ``last`` frame to the card and hold it."""
        import cv2

        card = self.draw(last)
        fade = min(round(DISSOLVE_SECONDS * fps), count)
        for index in range(count):
            weight = min(1.0, (index + 1) / fade) if fade else 1.0
            yield card if weight == 1 else cv2.addWeighted(last, 1 - weight, card, weight, 0)


def _write(
    canvas: "ImageDraw",
    text: str,
    size: tuple[int, int],
    centre: float,
    room: float,
    pixels: int,
    *,
    bold: bool,
    colour: tuple[int, int, int],
) -> None:
    """Draw ``text`` about the height ``centre`` (a share), as large as ``pixels`` if it fits, else smaller."""
    if not text:
        return
    width, height = size
    inner = width - 2 * _MARGIN * min(size)
    for tried in range(pixels, _SMALLEST - 1, -1):
        chosen = font(tried, bold=bold)
        block = _wrap(text, inner, chosen)
        left, top, right, bottom = canvas.multiline_textbbox((0, 0), block, font=chosen, align="center")
        if right - left <= inner and bottom - top <= room:
            at = (width / 2, centre * height)
            canvas.multiline_text(at, block, font=chosen, fill=colour, anchor="mm", align="center")
            return
    raise MediaError(f"the text {text[:60]!r} is too long for an end card of {width}x{height}: shorten it")


def _wrap(text: str, width: float, chosen: "FreeTypeFont") -> str:
    """``text`` broken between words so that lines stay within ``width`` where their words allow it."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and chosen.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return "\n".join(lines)
