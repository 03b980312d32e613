"""Compositing: layers and sprites warped onto a frame. Pixel (i, j) covers i to i + 1, j to j + 1."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assets.world.backdrops import Layer
from assets.world.scenery import PERIOD

Frame = NDArray[np.uint8]
Matrix = NDArray[np.float64]
OPAQUE = 128  # alpha from which a pixel belongs to what was drawn


def affine(scale: float, angle: float, shift: tuple[float, float], origin: tuple[float, float]) -> Matrix:
    """The map [2, 3] of drawing pixels to frame pixels that lays the drawing's ``origin`` at ``shift``."""
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])
    matrix[:, 2] = np.asarray(shift) - matrix[:, :2] @ np.asarray(origin)
    return matrix


def blend(frame: Frame, drawn: Frame) -> None:
    """Lay ``drawn`` RGBA (premultiplied) over ``frame`` RGB of the same size, in place."""
    import cv2

    if not drawn.size:
        return
    through = cv2.bitwise_not(cv2.extractChannel(drawn, 3))
    kept = cv2.multiply(frame, cv2.merge((through, through, through)), scale=1 / 255)
    cv2.add(kept, cv2.cvtColor(drawn, cv2.COLOR_RGBA2RGB), dst=frame)


def warped(texture: Frame, matrix: Matrix, left: int, top: int, width: int, height: int, border: int = 0) -> Frame:
    """The rectangle at (left, top) of the frame that ``texture`` fills under ``matrix``."""
    import cv2

    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5 - (left, top)  # OpenCV counts from the pixels' middles
    return np.asarray(cv2.warpAffine(texture, moved, (width, height), flags=cv2.INTER_LINEAR, borderMode=border))


def stamp(frame: Frame, drawing: Frame, matrix: Matrix) -> tuple[slice, slice, NDArray[np.bool_]] | None:
    """Lay a drawing on ``frame``; the rows and columns that it may cover and where it is opaque, None if outside."""
    height, width = drawing.shape[:2]
    corners = matrix[:, :2] @ np.array([[0, width, 0, width], [0, 0, height, height]]) + matrix[:, 2:]
    x0, y0 = np.maximum(np.floor(corners.min(1)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(1)).astype(int) + 1, frame.shape[1::-1])
    if x0 >= x1 or y0 >= y1:
        return None
    drawn = warped(drawing, matrix, x0, y0, x1 - x0, y1 - y0)
    region = (slice(y0, y1), slice(x0, x1))
    patch = np.ascontiguousarray(frame[region])
    blend(patch, drawn)
    frame[region] = patch
    return *region, drawn[..., 3] >= OPAQUE


@dataclass(eq=False)
class Curtain:
    """A layer made ready for one frame size: repeated so that every view lies inside, its last drawing remembered."""

    layer: Layer
    size: tuple[int, int]
    widest: float
    texture: Frame = field(init=False)
    _last: tuple[bytes, Frame, int] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        repeats = math.ceil(self.widest / PERIOD) + 1
        texture = self.layer.texture[..., :3] if self.layer.opaque else self.layer.texture
        self.texture = np.ascontiguousarray(np.tile(texture, (1, repeats, 1)))

    def drawn(self, scale: float, shift: tuple[float, float], roll: float, offset: float) -> tuple[Frame, int]:
        """The rows from the second value on that the layer fills.

        Args:
            scale: Frame pixels to a short side of the layer.
            shift: Where the layer's point (0, 0) is, in frame pixels.
            roll: Of the camera about the frame's middle, radians.
            offset: Share of the period by which the layer is drawn further on.
        """
        import cv2

        height, width = self.size
        p = self.layer.pixels
        middle = np.array([width / 2, height / 2])
        period = PERIOD * p
        reach = 0.5 * math.hypot(width, height) / scale * p if roll else 0.5 * width / scale * p
        seen = (middle[0] - shift[0]) / scale * p + offset * period  # texture column at the frame's middle
        behind = math.floor((seen - reach) / period) * period
        matrix = affine(scale / p, 0.0, shift, (offset * period - behind, -self.layer.top * p))
        if roll:
            turn = affine(1.0, roll, (middle[0], middle[1]), (middle[0], middle[1]))
            matrix = np.hstack([turn[:, :2] @ matrix[:, :2], turn[:, :2] @ matrix[:, 2:] + turn[:, 2:]])
        key = matrix.tobytes()
        if self._last is None or self._last[0] != key:
            first = 0
            if not self.layer.opaque:
                slack = abs(math.sin(roll)) * width
                first = min(max(0, math.floor(shift[1] + self.layer.top * scale - slack)), height)
            border = cv2.BORDER_REPLICATE if self.layer.opaque else cv2.BORDER_CONSTANT
            rows = height - first
            picture = (
                warped(self.texture, matrix, 0, first, width, rows, border)
                if rows
                else np.zeros((0, width, self.texture.shape[2]), np.uint8)
            )
            self._last = key, picture, first
        return self._last[1], self._last[2]
