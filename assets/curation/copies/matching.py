"""Matching of two looks: is one a copy of the other, whole or cut out, mirrored or not, all of it or a part in time?

A crop that is resized back is the picture seen through a window. Every window of a grid over one look's pictures is
compared with the whole pictures of the other, and the best window is refined. One window must suit all pictures, as a
crop does not move within a copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assets.curation.copies.look import CHROMA, LUMA, NOISE, Look

_COARSE, _FINE = 8, 16  # cells a side in which pictures are compared: on the grid of windows, and at its best place
_SHORTEST = 0.66  # the least side of a window: crops of up to a third of each side are looked for
_STEPS = (0.04, 0.02, 0.01)  # of the refinement, in shares of the side
_HOPEFUL = 0.5  # a coarse residual above this is not looked at more closely
_TRIED = 3  # coarse matches that are refined
_CERTAIN = 0.08  # a residual below this is not worth improving
_GRID = ((0.0, 1.0), *((a / 20, a / 20 + s / 20) for s in (18, 16, 14) for a in range(0, 21 - s, 2)))

_WHOLE = (0.0, 1.0, 0.0, 1.0)

Window = tuple[float, float, float, float]
Cells = NDArray[np.float32]
Part = Literal["first", "second"]


@dataclass(frozen=True)
class Match:
    """The best way to see one look in another.

    Attributes:
        residual: What is left unexplained, as a share of the pictures' variance: 0 for equal pictures, about 2 for
            unrelated ones.
        window: Left, right, top and bottom of the part of the larger picture that the other shows, 0..1.
        mirrored: Whether left and right are exchanged.
        cropped: Which of the two is the part: ``first``, ``second``.
    """

    residual: float
    window: Window
    mirrored: bool
    cropped: Part


@dataclass
class Prepared:
    """A look, with its windows computed once for many comparisons.

    Attributes:
        look: The look.
        windows: [W, K, 192] its pictures through each window of the grid, in coarse cells; the first is the whole.
    """

    look: Look
    windows: Cells = field(init=False)

    def __post_init__(self) -> None:
        across = np.stack([_resampling(LUMA, _COARSE, *span) for span in _GRID])
        thin = np.stack([_resampling(CHROMA, _COARSE, *span) for span in _GRID])
        # Rows, then columns: [K,h,w] -> [G,G,K,8,8]
        luma = np.einsum("gsh,khw,ftw->gfkst", across, self.look.luma.astype(np.float32), across, optimize=True)
        chroma = np.einsum("gsh,khwc,ftw->gfkstc", thin, self.look.chroma.astype(np.float32), thin, optimize=True)
        cells = np.concatenate([luma[..., None], chroma], axis=-1)
        self.windows = cells.reshape(len(_GRID) ** 2, len(self.look), -1)

    def whole(self, *, mirrored: bool) -> Cells:
        """The pictures [K, 192], left and right exchanged where asked."""
        cells = self.windows[0].reshape(len(self.look), _COARSE, _COARSE, 3)
        return (cells[:, :, ::-1] if mirrored else cells).reshape(len(self.look), -1)


def match(first: Prepared, second: Prepared) -> Match:
    """The best match of two looks. Its residual is exact only where it may be that of a copy."""
    coarse = sorted(_coarse(first, second), key=lambda found: found.residual)
    best = coarse[0]
    # The right way need not look best on the coarse grid, so the next best is followed too, unless the first fits.
    for number, found in enumerate(found for found in coarse[:_TRIED] if found.residual < _HOPEFUL):
        part, larger = (first, second) if found.cropped == "first" else (second, first)
        seen = _fine(part.look, _WHOLE, mirrored=found.mirrored)
        window, residual = _refined(seen, larger.look, found.window)
        if number == 0 or residual < best.residual:
            best = replace(found, window=window, residual=residual)
        if best.residual < _CERTAIN:
            break
    return best


def _coarse(first: Prepared, second: Prepared) -> Iterator[Match]:
    """The two best windows of the grid for each of the four ways: either may be the part, mirrored or not."""
    pairs: tuple[tuple[Part, Prepared, Prepared], ...] = (("first", first, second), ("second", second, first))
    for (cropped, part, larger), mirrored in ((pair, mirrored) for pair in pairs for mirrored in (False, True)):
        left = residuals(part.whole(mirrored=mirrored), larger.windows)
        for place in np.argsort(left, kind="stable")[:2].tolist():
            down, right = divmod(place, len(_GRID))
            yield Match(float(left[place]), (*_GRID[right], *_GRID[down]), mirrored, cropped)


def residuals(seen: Cells, windows: Cells) -> NDArray[np.float32]:
    """Residual of pictures [A, D] against pictures through each window [W, B, D]: [W].

    Each picture of one side is held against the nearest one of the other: of the side that fits better, as either clip
    may be the shorter. Squared differences are summed over all pictures before they are divided by the variance (plus
    that of coding noise), so pictures that show nothing prove nothing.
    """
    count, _, depth = windows.shape
    flat = windows.reshape(-1, depth)
    squared = (seen**2).sum(axis=1)[:, None] + (flat**2).sum(axis=1) - 2 * seen @ flat.T
    apart = np.maximum(squared / np.float32(depth), 0).reshape(len(seen), count, -1)  # [A, W, B]
    own, others = _variance(seen), _variance(flat).reshape(count, -1)
    power = np.asarray((own[:, None, None] + others) / 2 + NOISE, np.float32)
    by_first = _share(apart, power, axis=2)
    by_second = _share(apart, power, axis=0)
    return np.minimum(by_first, by_second)


def _share(apart: NDArray[np.float32], power: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Residual [W] where each picture takes its nearest one along ``axis``."""
    nearest = np.expand_dims(apart.argmin(axis=axis), axis)
    other = 0 if axis == 2 else 2
    least = np.take_along_axis(apart, nearest, axis).sum(axis=(axis, other))
    return least / np.take_along_axis(power, nearest, axis).sum(axis=(axis, other))


def _variance(pictures: Cells) -> NDArray[np.float32]:
    """Of each picture [N, D]: mean over planes of the variance within the plane."""
    return pictures.reshape(len(pictures), -1, 3).var(axis=1).mean(axis=1)


def _refined(seen: Cells, larger: Look, window: Window) -> tuple[Window, float]:
    """Descent on the window's four edges, in steps that shrink, in fine cells."""
    residual = float(residuals(seen, _fine(larger, window)[None])[0])
    for step in _STEPS:
        improved = True
        while improved:
            tried = [moved for moved in _moved(window, step) if moved != window]
            left = residuals(seen, np.stack([_fine(larger, moved) for moved in tried]))
            best = int(left.argmin())
            improved = bool(left[best] < residual - 1e-4)
            if improved:
                window, residual = tried[best], float(left[best])
    return window, residual


def _moved(window: Window, step: float) -> Iterator[Window]:
    """The window with one edge, or two opposite edges, moved a step: those that stay within the picture."""
    for axis in (0, 2):
        for low, high in ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)):
            edges = list(window)
            edges[axis] = round(min(max(edges[axis] + low * step, 0.0), 1.0), 4)
            edges[axis + 1] = round(min(max(edges[axis + 1] + high * step, 0.0), 1.0), 4)
            if edges[axis + 1] - edges[axis] >= _SHORTEST - 1e-6:
                yield (edges[0], edges[1], edges[2], edges[3])


def _fine(look: Look, window: Window, *, mirrored: bool = False) -> Cells:
    """Pictures seen through one window, in fine cells: [K, 768]."""
    left, right, top, bottom = window
    down, across = _resampling(LUMA, _FINE, top, bottom), _resampling(LUMA, _FINE, left, right)
    luma = down @ look.luma.astype(np.float32) @ across.T
    down, across = _resampling(CHROMA, _FINE, top, bottom), _resampling(CHROMA, _FINE, left, right)
    chroma = down @ look.chroma.astype(np.float32).transpose(0, 3, 1, 2) @ across.T
    cells = np.concatenate([luma[:, None], chroma], axis=1).transpose(0, 2, 3, 1)
    cells = cells[:, :, ::-1] if mirrored else cells
    return np.ascontiguousarray(cells, np.float32).reshape(len(look), -1)


@lru_cache(maxsize=8192)
def _resampling(size: int, cells: int, start: float, end: float) -> NDArray[np.float32]:
    """The matrix [cells, size] that averages ``size`` pixels of a line over equal cells of its part start..end."""
    bounds = np.linspace(start, end, cells + 1) * size
    pixels = np.arange(size)
    covered = np.minimum(bounds[1:, None], pixels + 1) - np.maximum(bounds[:-1, None], pixels)
    weights = np.maximum(covered, 0)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
