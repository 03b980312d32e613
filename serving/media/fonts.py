"""The font of everything that is drawn: DejaVu Sans, found inside an installed package, never on the system."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import MediaError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_PACKAGE = "matplotlib"  # carries the files; it is not imported
_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


def font_file(*, bold: bool = False) -> Path:
    """The font's file. Raises MediaError when the package that carries it is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise MediaError(f"the package {_PACKAGE}, which carries the font of end cards, is not installed")
    path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / _FILES[bold]
    if not path.is_file():
        raise MediaError(f"{path} is missing: install {_PACKAGE} again")
    return path


@cache
def font(size: int, *, bold: bool = False) -> "FreeTypeFont":
    """The font at ``size`` pixels."""
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(bold=bold)), size)


def uncovered(text: str) -> str:
    """The characters of ``text`` that the font cannot draw, once each, in order."""
    glyphs = _glyphs()
    return "".join(dict.fromkeys(char for char in text if not char.isspace() and ord(char) not in glyphs))


@cache
def _glyphs() -> frozenset[int]:
    """Code points in both weights."""
    from fontTools.ttLib import TTFont

    maps = [TTFont(font_file(bold=bold), lazy=True).getBestCmap() for bold in (False, True)]
    return frozenset(maps[0]) & frozenset(maps[1])
