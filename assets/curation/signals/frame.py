"""A frame as the signals see it: each form of the picture is made once, when the first signal asks for it."""

from functools import cached_property
from typing import Any, Protocol

import numpy as np

from serving.media.timed import TimedFrame

WIDTH = 256  # pixels: signals do not depend on the file's own resolution
SAMPLE_RATE = 16.0  # frames a second that the costlier signals look at, at most
_BT709, _FULL_RANGE = 1, 2  # of ISO/IEC 23091-2, as libavutil numbers them
_PLANAR = {  # 8-bit formats whose planes can be read where they lie
    "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p",
}  # fmt: skip


class Frame:
    """One decoded picture.

    Attributes:
        seconds: Presentation time since the first frame.
        sampled: Whether it is one of the at most ``SAMPLE_RATE`` a second that the costlier signals look at.
        again: Whether it is the picture before, which still stands.
    """

    def __init__(self, timed: TimedFrame, *, sampled: bool, again: bool = False) -> None:
        self.seconds = timed.seconds
        self.sampled = sampled
        self.again = again
        self._timed = timed
        width, height = timed.size
        self.size = (WIDTH, max(16, round(WIDTH * height / width)))

    @cached_property
    def planes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Brightness and the two colour differences as stored, uint8, in the file's own resolution when it is 8-bit."""
        frame = self._timed.frame
        if frame.format.name not in _PLANAR:
            frame = frame.reformat(width=2 * WIDTH, height=2 * self.size[1], format="yuv420p")
        planes: tuple[Any, ...] = frame.planes
        found = [
            np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width] for plane in planes
        ]
        return found[0], found[1], found[2]

    @cached_property
    def gray(self) -> np.ndarray:
        """Brightness as people see it, uint8 [h,WIDTH], as the codec codes it (video range stays so)."""
        import cv2

        turns = round(self._timed.frame.rotation / 90) % 4
        size = self.size[::-1] if turns % 2 else self.size
        small = cv2.resize(self.planes[0], size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(np.rot90(small, turns))

    @cached_property
    def picture(self) -> np.ndarray:
        """The picture as people see it, uint8 [h,WIDTH,3] RGB.

        Shrunk first, coloured then: six times as fast on 720p as the conversion of the whole picture.
        """
        import cv2

        turns = round(self._timed.frame.rotation / 90) % 4
        size = self.size[::-1] if turns % 2 else self.size
        colours = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in self.planes[1:]]
        small = cv2.merge([np.rot90(self.gray, -turns), *colours])
        return np.ascontiguousarray(np.rot90(cv2.transform(small, self._to_rgb()), turns))

    def _to_rgb(self) -> np.ndarray:
        """The matrix [3,4] from coded brightness and colour differences to RGB, of ITU-R BT.601 or BT.709."""
        frame = self._timed.frame
        red, blue = (0.2126, 0.0722) if frame.colorspace == _BT709 else (0.299, 0.114)
        green = 1 - red - blue
        full = frame.format.name.startswith("yuvj") or frame.color_range == _FULL_RANGE
        light, black, colour = (1.0, 0.0, 1.0) if full else (255 / 219, 16.0, 255 / 224)
        to_red, to_blue = 2 * (1 - red) * colour, 2 * (1 - blue) * colour
        matrix = np.array(
            [
                [light, 0, to_red],
                [light, -to_blue * blue / green, -to_red * red / green],
                [light, to_blue, 0],
            ]
        )
        return np.hstack([matrix, -matrix @ np.array([[black], [128.0], [128.0]])])

    def large(self, longest: int) -> np.ndarray:
        """The picture as people see it, uint8 [H,W,3] RGB, shrunk until no side is longer than ``longest``."""
        width, height = self._timed.size
        scale = min(1.0, longest / max(width, height))
        return self._timed.upright((round(width * scale), round(height * scale)))

    @property
    def vectors(self) -> np.ndarray | None:
        """The codec's motion vectors (fields ``w h motion_x motion_y motion_scale source``), or None without any."""
        if self.again:
            return None
        side: Any = self._timed.frame.side_data.get("MOTION_VECTORS")
        return None if side is None else side.to_ndarray()

    @property
    def codec(self) -> str:
        """What the file is coded with."""
        return self._timed.codec


class Track(Protocol):
    """What a signal has seen of a file: plain data, so it crosses processes."""

    def result(self, start: float, end: float) -> dict[str, Any]:
        """The named values of the span [start, end) in seconds; None for a value that is not known."""


class Signal(Protocol):
    """One measurement over time, fed frame by frame in bounded memory."""

    def see(self, frame: Frame) -> None:
        """Take the next frame."""

    def track(self) -> Track:
        """What was seen, after the last frame."""
