"""What the ranker sees of a picture: tone, colour, detail, noise, level, composition, in numbers."""

import numpy as np
from numpy.typing import NDArray

SIDE = 256  # pixels of the longer side
_CELL = 8  # pixels a side of the cells in which detail and noise are found
_OCTAVES = 3
_SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_TURNS = np.deg2rad([0.0, 2.5, 6.0, 12.0, 24.0, 45.1])  # bands of how far an edge is off the level or the plumb
_TINY = 1e-4

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]


def features(picture: NDArray[np.uint8]) -> Floats:
    """The numbers of a picture uint8 [H, W, 3] RGB, whatever its size."""
    small: Plane = np.asarray(_fitted(picture).astype(np.float32) / 255, np.float32)
    luma: Plane = np.asarray(small @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
    parts = [_tone(luma), _colour(small), _detail(luma), _noise(small, luma), _level(luma), _composition(small)]
    return np.concatenate([np.asarray(part, float) for part in parts])


def _fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    scale = SIDE / max(picture.shape[:2])
    height, width = (max(4 * _CELL, round(side * scale)) for side in picture.shape[:2])
    if (height, width) == picture.shape[:2]:
        return picture
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)


def _tone(luma: Plane) -> list[float]:
    """Quantiles and spread of brightness, what is lost in black and white, how many levels are in use."""
    counts = np.histogram(luma, 64, (0, 1))[0] / luma.size
    entropy = -float((counts[counts > 0] * np.log2(counts[counts > 0])).sum())
    cells = _cells(luma)
    local = float(cells.std(axis=1).mean())
    lost = (float((luma < 0.03).mean()), float((luma > 0.97).mean()))
    return [*np.quantile(luma, _SHARES), float(luma.mean()), float(luma.std()), *lost, entropy, local]


def _colour(small: Plane) -> list[float]:
    """Saturation, colourfulness (Hasler and Suesstrunk), the cast of the whole picture, and its spread of hues."""
    small = small[::2, ::2]
    high, low = small.max(axis=2), small.min(axis=2)
    saturation = (high - low) / np.maximum(high, 0.05)
    first, second = small[..., 0] - small[..., 1], (small[..., 0] + small[..., 1]) / 2 - small[..., 2]
    strength = np.hypot(first, second)
    turn = np.arctan2(second, first)
    hues = np.histogram(turn, 12, (-np.pi, np.pi), weights=strength)[0] / max(float(strength.sum()), _TINY)
    grey = strength < 0.04  # what should have no colour shows a cast
    return [
        float(saturation.mean()),
        float(saturation.std()),
        float(((saturation > 0.9) & (high > 0.3)).mean()),
        float(np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean())),
        float(np.hypot(first.mean(), second.mean())),
        float(grey.mean()),
        -float((hues[hues > 0] * np.log(hues[hues > 0])).sum()),
    ]


def _detail(luma: Plane) -> list[float]:
    """Laplacian by octave: the whole, the sharpest cells, and how far these stand out: one sharp thing is enough."""
    import cv2

    found: list[float] = []
    plane = luma
    for octave in range(_OCTAVES):
        edges = np.abs(cv2.Laplacian(plane, cv2.CV_32F))
        cells = _cells(np.asarray(edges, np.float32)).mean(axis=1)
        sharp, usual = np.quantile(cells, (0.95, 0.5))
        found += [float(np.log(edges.mean() + _TINY)), float(np.log(sharp + _TINY)), float(np.log(usual + _TINY))]
        if octave:
            found.append(found[-3] - found[-7 if octave > 1 else -6])
        half = cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
        plane = np.asarray(half, np.float32)
    return found


def _noise(small: Plane, luma: Plane) -> list[float]:
    """Grain in the flattest cells (Immerkaer 1996), of brightness and colour, and how much is flat without any."""
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    found = []
    for plane in (luma, small[..., 0] - luma, small[..., 2] - luma):
        grain = _cells(np.abs(cv2.filter2D(plane, -1, kernel))).mean(axis=1)
        found.append(float(np.log(np.quantile(grain, 0.2) + _TINY)))
        found.append(float(np.log(np.quantile(grain, 0.7) + _TINY)))
    spans = np.ptp(_cells(luma), axis=1)
    return [*found, float((spans < 1.5 / 255).mean()), float((spans < 6 / 255).mean()), *_grid(luma)]


def _grid(luma: Plane) -> list[float]:
    """The strongest of the periods of four and eight pixels in the steps of brightness: blocks of a coder."""
    found = []
    for period in (4, 8):
        worst = 0.0
        for plane in (luma, luma.T):
            steps = np.abs(np.diff(plane, axis=1)).mean(axis=0)
            phases = np.array([steps[phase::period].mean() for phase in range(period)])
            worst = max(worst, float(phases.max() / max(float(np.median(phases)), _TINY)))
        found.append(min(worst, 4.0))
    return found


def _level(luma: Plane) -> list[float]:
    """How much of the edges is level or plumb, how much a little off, and where all of them point."""
    import cv2

    soft = cv2.GaussianBlur(luma, (0, 0), 1.2)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    edge = strength > np.quantile(strength[::2, ::2], 0.85)
    weight, turn = strength[edge], np.arctan2(down[edge], across[edge])
    off = np.abs((turn + np.pi / 4) % (np.pi / 2) - np.pi / 4)
    total = max(float(weight.sum()), _TINY)
    bands = np.histogram(off, _TURNS, weights=weight)[0] / total
    level, plumb = float((weight * np.cos(4 * turn)).sum()) / total, float((weight * np.sin(4 * turn)).sum()) / total
    edges = float((strength > 0.8).mean()), float((strength > 1.6).mean())
    return [*bands, float(np.hypot(level, plumb)), abs(float(np.arctan2(plumb, level))) / 4, level, *edges]


def _composition(small: Plane) -> list[float]:
    """Where what stands out lies: how far from the middle, how spread, how much of it at the rim."""
    import cv2

    tiny = cv2.resize(small, (32, 32), interpolation=cv2.INTER_AREA)
    apart = np.linalg.norm(tiny - tiny.mean(axis=(0, 1)), axis=2)
    soft = cv2.GaussianBlur(tiny, (0, 0), 1.5)
    fine = np.linalg.norm(tiny - soft, axis=2)
    at = (np.arange(32) + 0.5) / 32 - 0.5
    found: list[float] = []
    for mass in (apart, fine):
        share = mass / max(float(mass.sum()), _TINY)
        across, down = share.sum(axis=0), share.sum(axis=1)
        x, y = float(across @ at), float(down @ at)
        rim = 1 - float(share[3:-3, 3:-3].sum())
        found += [abs(x), abs(y), float(across @ (at - x) ** 2), float(down @ (at - y) ** 2), rim]
        found.append(float(share[11:21, 11:21].sum()))
    return found


def _cells(plane: Plane) -> Plane:
    """[N, 64]: the pixels of each cell of 8x8."""
    height, width = (side // _CELL for side in plane.shape)
    cut = plane[: height * _CELL, : width * _CELL].reshape(height, _CELL, width, _CELL)
    return cut.transpose(0, 2, 1, 3).reshape(height * width, -1)
