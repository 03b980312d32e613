"""The sheet of samples that people look at: frames, prompt, and what the judges saw."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from assets.evaluation.samples import Sample
from models.files import atomic_path

_COLUMNS = 2
_FRAME = 96
_GAP = 6
_TEXT = 40
_INK, _PAPER, _RIGHT, _WRONG = (30, 30, 30), (250, 250, 248), (20, 120, 50), (180, 40, 30)


def contact_sheet(samples: Sequence[Sample], path: Path) -> Path:
    """Write one row of frames a sample, two samples a line; the verdicts are green where right, red where wrong."""
    shown = len(samples[0].frames)
    cell = (shown * (_FRAME + 2) + 2 * _GAP, _FRAME + _TEXT + _GAP)
    lines = -(-len(samples) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * cell[0] + _GAP, lines * cell[1] + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(12)
    for index, sample in enumerate(samples):
        left, top = _GAP + index % _COLUMNS * cell[0], _GAP + index // _COLUMNS * cell[1]
        draw.text((left, top), sample.prompt.text, _INK, font)
        at = left
        for name, seen in (("background", sample.background), ("colour", sample.colour), ("motion", sample.motion)):
            word = f"{name}: {seen or 'none'}"
            draw.text((at, top + 16), word, _RIGHT if sample.right[name] else _WRONG, font)
            at += round(draw.textlength(word, font)) + 14
        for position, frame in enumerate(sample.frames):
            picture = Image.fromarray(frame)
            picture.thumbnail((_FRAME, _FRAME), Image.Resampling.NEAREST)
            sheet.paste(picture, (left + position * (_FRAME + 2), top + _TEXT - 4))
    with atomic_path(path) as temporary:
        sheet.save(temporary)
    return path
