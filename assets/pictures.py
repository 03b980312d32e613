"""PNG pictures of frames, curves and sounds, for the assets' metadata."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.files import atomic_path

Frame = NDArray[np.uint8]

_PAPER, _INK = (255, 255, 255), (30, 30, 30)
_FONT = 11
_LINE = 13
_GAP = 6


def contact_sheet(path: Path, cells: Sequence[tuple[Sequence[Frame], str]], *, columns: int, side: int = 96) -> Path:
    """A sheet of captioned cells, row by row.

    Args:
        path: The PNG to write.
        cells: Frames shown side by side (uint8 [H, W, 3], any size) and a caption, for each cell.
        columns: Cells in a row.
        side: Pixels that the longer side of a frame is scaled to.
    """
    pictures = [_cell(frames, caption, side) for frames, caption in cells]
    width = max((picture.width for picture in pictures), default=1)
    height = max((picture.height for picture in pictures), default=1)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), _PAPER)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        sheet.paste(picture, (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP)))
    return _save(sheet, path)


def curves(path: Path, lines: Mapping[str, Sequence[tuple[float, float]]], *, ylabel: str = "loss") -> Path:
    """Named lines of (step, value) points over a logarithmic value axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, points in lines.items():
        axes.plot([step for step, _ in points], [value for _, value in points], label=name, linewidth=1.2)
    if all(value > 0 for points in lines.values() for _, value in points):
        axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel(ylabel)
    axes.grid(visible=True, which="both", alpha=0.25)
    if lines:
        axes.legend(frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path


def bars(path: Path, groups: Mapping[str, Sequence[float]], *, xlabel: str, ylabel: str) -> Path:
    """A row of bars for each named group, over the same numbered places."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / max(1, len(groups))
    for number, (name, values) in enumerate(groups.items()):
        axes.bar(np.arange(len(values)) + number * width - 0.4, values, width, align="edge", label=name)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.legend(frameon=False, fontsize=8, ncols=3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path


def spectrograms(path: Path, sounds: Sequence[tuple[str, NDArray[np.float32]]], *, rate: int) -> Path:
    """Spectrograms (dB, 2048-point Hann windows) of mono sounds, one above the other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.1 * len(sounds)), layout="constrained")
    for axes, (title, samples) in zip(np.atleast_1d(figure.subplots(len(sounds))), sounds, strict=True):
        level, seconds, hertz = _spectrum(samples, rate)
        axes.pcolormesh(seconds, hertz / 1000, level, vmin=-100, vmax=-10, cmap="magma", shading="auto")
        axes.set_ylim(0, 8)
        axes.set_ylabel("kHz")
        axes.set_title(title, fontsize=9)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path


def _spectrum(samples: NDArray[np.float32], rate: int) -> tuple[Any, Any, Any]:
    size, hop = 2048, 480
    padded = np.pad(samples.astype(np.float64), (0, max(0, size - len(samples))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    level = 20 * np.log10(np.abs(np.fft.rfft(windows, axis=1)) / (size / 4) + 1e-6)
    return level.T, (np.arange(len(windows)) * hop + size / 2) / rate, np.fft.rfftfreq(size, 1 / rate)


def _cell(frames: Sequence[Frame], caption: str, side: int) -> Image.Image:
    pictures = [_scaled(Image.fromarray(frame), side) for frame in frames]
    width = sum(picture.width for picture in pictures) + 2 * (len(pictures) - 1)
    font = ImageFont.load_default(_FONT)
    lines = _wrapped(caption, width, font)
    height = max(picture.height for picture in pictures)
    cell = Image.new("RGB", (width, height + 3 * _LINE), _PAPER)
    left = 0
    for picture in pictures:
        cell.paste(picture, (left, 0))
        left += picture.width + 2
    pen = ImageDraw.Draw(cell)
    for number, line in enumerate(lines[:3]):
        pen.text((0, height + 1 + number * _LINE), line, _INK, font)
    return cell


def _scaled(picture: Image.Image, side: int) -> Image.Image:
    factor = side / max(picture.size)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.BILINEAR if factor < 1 else Image.Resampling.NEAREST)


def _wrapped(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _save(picture: Image.Image, path: Path) -> Path:
    with atomic_path(path) as temporary:
        picture.save(temporary)
    return path
