"""Lossless video: frames kept on disk to be read again, bit for bit, in flat memory."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np

from models.files import atomic_path
from serving.errors import MediaError

SUFFIX = ".mkv"
_OPTIONS = {"qp": "0", "preset": "ultrafast", "tune": "zerolatency"}  # without latency it holds no frames


def write_lossless(path: Path, frames: Iterable[np.ndarray], fps: int) -> int:
    """Write frames as H.264 in RGB without loss, as they come; ``serving.media.reading.each_frame`` reads them.

    Args:
        path: Target, named ``.mkv``; it appears when it is complete.
        frames: uint8 [H, W, 3] each, all alike.
        fps: Frames a second, for players.

    Returns:
        How many frames were written.

    Raises:
        MediaError: no frames, or an encoder or a disk that refuses.
    """
    import av

    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise MediaError(f"{path} needs at least one frame")
    count = 0
    with atomic_path(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="matroska") as container:
                stream = container.add_stream("libx264rgb", rate=fps, options=_OPTIONS)
                stream.height, stream.width = first.shape[:2]
                stream.pix_fmt = "rgb24"
                for count, frame in enumerate(chain([first], iterator), 1):
                    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
                    picture.pts, picture.time_base = count - 1, Fraction(1, fps)
                    container.mux(stream.encode(picture))
                container.mux(stream.encode(None))
        except av.FFmpegError as error:
            raise MediaError(f"{path} could not be written: {error}") from error
    return count
