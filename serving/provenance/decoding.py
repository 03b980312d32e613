"""Bounded decoding of a file that nobody vouches for: few frames, limited pixels, limited time."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.errors import MediaError

MAX_PIXELS = 4096 * 2304
MAX_FRAMES = 96
MAX_SECONDS = 60.0


def frames_of(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The first frames (at most 96) of a video, uint8 [H, W, 3]; fewer where the time limit ends it.

    Raises:
        MediaError: not a video, a damaged one before its first frame, or more pixels than the limit.
    """
    import av

    deadline = time.monotonic() + MAX_SECONDS
    count = 0
    try:
        # Named, so that a playlist in disguise cannot make the demuxer open other files or addresses.
        with av.open(str(path), format="mp4", options={"protocol_whitelist": "file"}, timeout=MAX_SECONDS) as container:
            if not container.streams.video:
                raise MediaError(f"{path} holds no video")
            stream = container.streams.video[0]
            codec = stream.codec_context
            if codec.width * codec.height > MAX_PIXELS:
                raise MediaError(
                    f"{path} is {codec.width} x {codec.height}: more than {MAX_PIXELS} pixels are not read"
                )
            codec.options = {"max_pixels": str(MAX_PIXELS)}  # the header may lie
            for frame in container.decode(stream):
                yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                count += 1
                if count == MAX_FRAMES or time.monotonic() > deadline:
                    return
    except (av.FFmpegError, ValueError) as error:
        if count == 0:
            raise MediaError(f"{path} cannot be read as mp4 video ({error})") from error
    if count == 0:
        raise MediaError(f"{path} holds no frame that can be decoded")
