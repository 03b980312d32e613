"""Parts that backdrops are drawn of: skies, hills, skylines, rows of shapes, tiled ground. All repeat sideways.

Every part is RGBA uint8 [H, W, 4] with colours premultiplied by alpha; a pane is the rectangle that it is drawn on.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.world.drawings import drawing
from assets.world.forms import FORMS, Form, premultiplied

Picture = NDArray[np.uint8]
RGBTuple = tuple[int, int, int]
PERIOD = 2.4  # short sides after which a layer repeats
TOP, BOTTOM = -1.6, 1.6  # what a whole pane reaches: enough for upright formats and every camera
BEHIND = 0.9  # how far down layers behind the ground reach


@dataclass(frozen=True)
class Pane:
    """A rectangle of a layer, one period wide, ``top`` to ``bottom`` in short sides of ``pixels`` each."""

    pixels: int
    top: float = TOP
    bottom: float = BOTTOM

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return round((self.bottom - self.top) * self.pixels), round(PERIOD * self.pixels)

    def rows(self) -> NDArray[np.float64]:
        """Height of each row's middle, [H]."""
        return self.top + (np.arange(self.size[0]) + 0.5) / self.pixels

    def columns(self) -> NDArray[np.float64]:
        """Phase of each column's middle, in turns of the period, [W]."""
        return (np.arange(self.size[1]) + 0.5) / self.size[1]


def gradient(pane: Pane, stops: tuple[tuple[float, RGBTuple], ...]) -> Picture:
    """An opaque sky through the colours given at heights."""
    heights, rgbs = np.array([at for at, _ in stops]), np.array([rgb for _, rgb in stops], float)
    column = np.stack([np.interp(pane.rows(), heights, rgbs[:, channel]) for channel in range(3)], axis=1)
    out = np.full((*pane.size, 4), 255, np.uint8)
    out[..., :3] = np.rint(column)[:, None]
    return out


def hills(
    pane: Pane, rng: np.random.Generator, rgb: RGBTuple, base: float, height: float, *, jagged: bool = False
) -> Picture:
    """A silhouette of ground: sums of waves, or of zigzags for peaks."""
    turns = pane.columns()
    edge = np.zeros_like(turns)
    for count in (2, 3, 5, 9):
        phase, weight = rng.uniform(), rng.uniform(0.5, 1.0) / count**0.8
        wave = (turns * count + phase) % 1
        edge += weight * (np.abs(2 * wave - 1) * 2 - 1 if jagged else np.sin(2 * math.pi * wave))
    edge = base - height * (edge - edge.min()) / np.ptp(edge)
    cover = np.clip((pane.rows()[:, None] - edge) * pane.pixels + 0.5, 0, 1)
    below = np.clip((pane.rows()[:, None] - edge) / max(height * 2, 0.2), 0, 1)
    light = np.array(rgb, float) * (1.12 - 0.3 * below[..., None])
    if jagged:
        light = np.where((below < 0.22)[..., None], 238.0, light)  # snow on the tops
    return premultiplied(light, cover)


def skyline(pane: Pane, rng: np.random.Generator, rgb: RGBTuple, lit: RGBTuple, base: float, height: float) -> Picture:
    """Blocks of houses with lit and dark windows."""
    out = np.zeros((*pane.size, 4), np.uint8)
    p, left = pane.pixels, 0
    while left < pane.size[1]:
        width = round(float(rng.uniform(0.16, 0.3)) * p)
        if pane.size[1] - left - width < 0.12 * p:
            width = pane.size[1] - left
        top = round((base - height * float(rng.uniform(0.35, 1.0)) - pane.top) * p)
        shade = np.clip(np.array(rgb) * float(rng.uniform(0.85, 1.15)), 0, 255)
        out[top:, left : left + width] = (*shade.astype(int), 255)
        step, pad = max(4, round(0.055 * p)), max(1, round(0.018 * p))
        for y in range(top + 2 * pad, pane.size[0] - step, step):
            for x in range(left + 2 * pad, left + width - step // 2, step):
                glow = lit if rng.random() < 0.4 else tuple(int(c * 0.7) for c in shade)
                out[y : y + step - 2 * pad + 1, x : x + step - 2 * pad + 1, :3] = glow
        left += width
    return out


def scattered(
    pane: Pane, rng: np.random.Generator, form: Form, rgb: RGBTuple, count: int, size: float, base: float
) -> Picture:
    """``count`` shapes standing at ``base`` at irregular distances, their sizes and shades a little different."""
    return _set(pane, rng, form, rgb, count, (0.75 * size, 1.25 * size), (base, base))


def floating(
    pane: Pane, rng: np.random.Generator, rgb: RGBTuple, count: int, size: float, between: tuple[float, float]
) -> Picture:
    """Shaded globes in the air, their feet between two heights."""
    return _set(pane, rng, "globe", rgb, count, (0.45 * size, 1.2 * size), between)


def _set(
    pane: Pane,
    rng: np.random.Generator,
    form: Form,
    rgb: RGBTuple,
    count: int,
    sizes: tuple[float, float],
    bases: tuple[float, float],
) -> Picture:
    out = np.zeros((*pane.size, 4), np.uint8)
    p = pane.pixels
    for place in range(count):
        side = max(4, round(float(rng.uniform(*sizes)) * p))
        shade = np.clip(np.array(rgb) * float(rng.uniform(0.88, 1.1)), 0, 255)
        middle = round((place + float(rng.uniform(0.25, 0.75))) / count * pane.size[1])
        bottom = round((float(rng.uniform(*bases)) - pane.top) * p)
        shape = FORMS[form](side, shade)[max(0, side - bottom) :]
        top = max(0, bottom - side)
        shape = shape[: pane.size[0] - top].astype(np.float32)
        columns = (middle - side // 2 + np.arange(side)) % pane.size[1]
        under = out[top : top + len(shape), columns]
        out[top : top + len(shape), columns] = np.rint(shape + under * (1 - shape[..., 3:] / 255))
    return out


def clouds(pane: Pane, rng: np.random.Generator, rgb: RGBTuple, count: int) -> Picture:
    """Heaps of soft discs."""
    rows, turns = pane.rows()[:, None], pane.columns()[None]
    cover = np.zeros(pane.size)
    for _ in range(count):
        x, y = rng.uniform(0, PERIOD), rng.uniform(-0.48, -0.1)
        for _ in range(4):
            dx, dy, r = rng.uniform(-0.1, 0.1), rng.uniform(-0.02, 0.015), rng.uniform(0.04, 0.08)
            across = (turns * PERIOD - x - dx + PERIOD / 2) % PERIOD - PERIOD / 2
            cover = np.maximum(cover, np.clip((r - np.hypot(across * 0.8, rows - y - dy)) / 0.012, 0, 1))
    return premultiplied(np.broadcast_to(np.array(rgb, float), (*pane.size, 3)), cover * 0.9)


def stars(pane: Pane, rng: np.random.Generator, count: int, radius: float) -> Picture:
    """Points of light of differing brightness."""
    out = np.zeros((*pane.size, 4), np.uint8)
    half = max(1, round(radius * pane.pixels))
    y = rng.uniform(0, pane.size[0] - half, count).astype(int)
    x = rng.uniform(0, pane.size[1] - half, count).astype(int)
    for row, column, light in zip(y, x, rng.uniform(110, 255, count).astype(int), strict=True):
        out[row : row + half, column : column + half] = light
    return out


def disc(pane: Pane, rgb: RGBTuple, at: tuple[float, float], radius: float) -> Picture:
    """A sun or moon; ``at`` is its place in turns of the period and its height."""
    across = (pane.columns()[None] - at[0]) * PERIOD
    cover = np.clip((radius - np.hypot(across, pane.rows()[:, None] - at[1])) * pane.pixels + 0.5, 0, 1)
    return premultiplied(np.broadcast_to(np.array(rgb, float), (*pane.size, 3)), cover)


def tiled(pane: Pane, top: str, below: str, count: int) -> Picture:
    """Ground: one row of ``top`` tiles and ``below`` without end; ``count`` tiles a period."""
    side = round(PERIOD * pane.pixels / count)
    first, other = (_solid(resized(drawing(file), side, side)) for file in (top, below))
    rows = -(-pane.size[0] // side)
    column = np.concatenate([first, *[other] * (rows - 1)])[: pane.size[0]]
    whole = np.tile(column, (1, count, 1))
    return whole if whole.shape[1] == pane.size[1] else resized(whole, *pane.size[::-1])


def _solid(tile: Picture) -> Picture:
    """A tile without half-transparent edges: premultiplied, all or nothing."""
    opaque = tile[..., 3:] > 127
    return np.concatenate([tile[..., :3] * opaque, np.where(opaque, 255, 0).astype(np.uint8)], axis=-1)


def picture(pane: Pane, file: str, top: float, height: float, count: int) -> Picture:
    """A drawing of the wheel repeated ``count`` times a period, ``height`` tall from ``top``; its last row goes on."""
    source = drawing(file)
    tall = round(height * pane.pixels)
    part = resized(source, round(pane.size[1] / count), tall)
    part[..., :3] = np.rint(part[..., :3] * (part[..., 3:] / 255))
    whole = np.tile(part, (1, count, 1))
    whole = whole if whole.shape[1] == pane.size[1] else resized(whole, pane.size[1], tall)
    out = np.zeros((*pane.size, 4), np.uint8)
    first = round((top - pane.top) * pane.pixels)
    low, high = max(first, 0), min(first + tall, pane.size[0])
    out[low:high] = whole[low - first : high - first]
    out[high:] = whole[-1:]
    return out


def resized(source: Picture, width: int, height: int) -> Picture:
    """A picture at another size: averaged when it shrinks, interpolated when it grows."""
    import cv2

    shrinks = width * height < source.shape[0] * source.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(source, (width, height), interpolation=how), np.uint8)


def over(*parts: Picture) -> Picture:
    """Several parts as one, the first lowest."""
    out = np.asarray(parts[0], np.float32)
    for part in parts[1:]:
        through = 1 - part[..., 3:].astype(np.float32) / 255
        out = np.asarray(part + out * through, np.float32)
    return np.rint(out).astype(np.uint8)
