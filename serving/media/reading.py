"""Reading media within limits: what a file claims is checked before anything is decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serving.errors import MediaError

if TYPE_CHECKING:
    import av.container
    import av.video.stream

    from serving.media.timed import TimedFrame


@dataclass(frozen=True)
class Limits:
    """What is read at most; a file beyond is refused, never half read.

    Attributes:
        side: Pixels a side.
        frames: Video frames.
        seconds: Length of video and sound.
        pixels: Pixels of all frames together: bounds memory.
    """

    side: int = 4096
    frames: int = 4096
    seconds: float = 300.0
    pixels: int = 1_000_000_000


@dataclass(frozen=True)
class Video:
    """A decoded file.

    Attributes:
        frames: uint8 [F, H, W, 3] RGB.
        fps: Mean frames a second.
        audio: float32 [S, channels], or None for a silent file.
        sample_rate: Samples a second, 0 for a silent file.
    """

    frames: np.ndarray
    fps: float
    audio: np.ndarray | None
    sample_rate: int


def read_video(path: Path, limits: Limits | None = None) -> Video:
    """The frames and the sound of a media file.

    Raises:
        MediaError: the file is missing, damaged, has no picture, or exceeds the limits.
    """
    import av

    limits = limits or Limits()
    try:
        with av.open(str(path)) as container:
            frames, fps = _pictures(path, container, limits)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path} cannot be read as video: {error}") from error
    return Video(frames, fps, *read_sound(path, limits))


def read_start(path: Path, fps: float, frames: int, limits: Limits | None = None) -> Video:
    """How a media file begins, at another frame rate: ``frames`` frames at most, and the sound meanwhile.

    Frames are as people see them, upright and of square pixels, and at the times at which the file shows them. What
    comes later is not read, however long the file is.

    Args:
        path: The file.
        fps: Frames a second that are kept of it: those that show then, again where it has fewer.
        frames: How many.
        limits: Of what is kept.

    Raises:
        MediaError: as ``read_video``.
    """
    import av

    from serving.media.timed import timed_frames

    limits = limits or Limits()
    try:
        kept = _kept(path, timed_frames(path), fps, frames, limits)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path} cannot be read as video: {error}") from error
    return Video(np.stack(kept), fps, *read_sound(path, limits, len(kept) / fps))


def each_frame(path: Path) -> Iterator[np.ndarray]:
    """The frames uint8 [H, W, 3] RGB of a file that we wrote, as they are decoded: of any length, in flat memory.

    Raises:
        MediaError: the file is missing or damaged, or has no picture.
    """
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path} holds no video")
            for frame in container.decode(container.streams.video[0]):
                yield frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path} cannot be read as video: {error}") from error


def read_sound(path: Path, limits: Limits | None = None, seconds: float | None = None) -> tuple[np.ndarray | None, int]:
    """The sound of a media file, float32 [S, channels], and its samples a second; None and 0 for a silent one.

    Its first sample is heard with the first picture: sound that begins later has silence before it.

    Args:
        path: The file.
        limits: Of what is read.
        seconds: What of it is read; None: all.

    Raises:
        MediaError: as ``read_video``.
    """
    import av

    from serving.media.timed import begins, open_video

    try:
        with open_video(path) as (container, pictures):
            return _sound(path, container, begins(pictures), limits or Limits(), seconds)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path} cannot be read as sound: {error}") from error


def read_image(path: Path, limits: Limits | None = None) -> np.ndarray:
    """A picture file as uint8 [H, W, 3] RGB, upright. Raises MediaError as ``read_video``."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    limits = limits or Limits()
    try:
        with Image.open(path) as image:
            if max(image.size) > limits.side:
                raise MediaError(f"{path} is {image.size[0]}x{image.size[1]} pixels; at most {limits.side} a side")
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise MediaError(f"{path} cannot be read as a picture: {error}") from error


def _stream(path: Path, container: "av.container.InputContainer", limits: Limits) -> "av.video.stream.VideoStream":
    from serving.media.timed import NO_DECODER

    if not container.streams.video:
        raise MediaError(f"{path} holds no video")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise MediaError(f"{path} cannot be read as video: {NO_DECODER}")
    if max(stream.width, stream.height) > limits.side:
        raise MediaError(f"{path} is {stream.width}x{stream.height} pixels; at most {limits.side} a side are read")
    return stream


def _kept(path: Path, shown: Iterator["TimedFrame"], fps: float, frames: int, limits: Limits) -> list[np.ndarray]:
    """The first frames [H, W, 3] at a frame rate: whole ones, at least one."""
    from serving.media.timed import TOLERANCE

    kept: list[np.ndarray] = []
    held: TimedFrame | None = None
    end = 0.0
    for timed in shown:
        _keep(kept, held, ceil((timed.seconds - TOLERANCE) * fps), frames, path, limits)
        if len(kept) == frames:
            return kept
        width, height = timed.size
        if max(width, height) > limits.side:
            raise MediaError(f"{path} is {width}x{height} pixels; at most {limits.side} a side are read")
        if held is not None and held.size != timed.size:
            raise MediaError(f"{path} changes its size after {timed.seconds:.2f} s")
        gap = timed.seconds - held.seconds if held is not None else 0.0
        held, end = timed, timed.seconds + (timed.lasts or gap)
    if held is None:
        raise MediaError(f"{path} holds no frame that decodes")
    _keep(kept, held, max(1, int((end + TOLERANCE) * fps)), frames, path, limits)
    return kept


def _keep(
    kept: list[np.ndarray], held: "TimedFrame | None", until: int, frames: int, path: Path, limits: Limits
) -> None:
    """Keep a frame until there are so many, or as many as are wanted."""
    more = min(until, frames) - len(kept)
    if held is None or more <= 0:
        return
    if (len(kept) + more) * held.size[0] * held.size[1] > limits.pixels:
        fit = limits.pixels // (held.size[0] * held.size[1])
        raise MediaError(f"{path} has too many pixels to read {frames} frames of it; {fit} fit")
    kept += [held.upright()] * more


def _pictures(path: Path, container: "av.container.InputContainer", limits: Limits) -> tuple[np.ndarray, float]:
    stream = _stream(path, container, limits)
    if container.duration and container.duration / 1e6 > limits.seconds:
        raise MediaError(f"{path} lasts {container.duration / 1e6:.0f} s; at most {limits.seconds:g} s are read")
    stream.thread_type = "AUTO"
    frames: list[np.ndarray] = []
    for frame in container.decode(stream):
        # A stream may change its size after the header: every frame is checked, not only the claim.
        if frame.width != stream.width or frame.height != stream.height:
            raise MediaError(f"{path} changes its size in frame {len(frames)}")
        if len(frames) == limits.frames or (len(frames) + 1) * frame.width * frame.height > limits.pixels:
            raise MediaError(f"{path} has more than {len(frames)} frames of its size; more are not read")
        frames.append(frame.to_ndarray(format="rgb24"))
    if not frames:
        raise MediaError(f"{path} holds no frame that decodes")
    return np.stack(frames), float(stream.average_rate or 0)


def _sound(
    path: Path, container: "av.container.InputContainer", origin: float, limits: Limits, seconds: float | None
) -> tuple[np.ndarray | None, int]:
    """The sound from ``origin`` on, a time in the container's own seconds."""
    from serving.media.timed import NO_DECODER, Resampling

    if not container.streams.audio:
        return None, 0
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise MediaError(f"{path} cannot be read as sound: {NO_DECODER}")
    rate = stream.rate or 0
    resampling = Resampling("fltp", stream.layout.name, rate)
    wanted = None if seconds is None else round(seconds * rate)
    pieces: list[np.ndarray] = []
    at: int | None = None  # the sample that comes next; below zero, before there is a picture
    read = 0
    for frame in container.decode(stream):
        if at is None:
            at = 0 if frame.time is None else round((frame.time - origin) * rate)
            pieces.append(_silence(stream.channels, at if wanted is None else min(at, wanted), limits.seconds * rate))
        for piece in resampling(frame):
            read, at = read + piece.samples, at + piece.samples
            if at > 0:
                pieces.append(piece.to_ndarray()[:, -at:])
        if wanted is not None and at >= wanted:
            break
        if max(read, at) > limits.seconds * rate:
            raise MediaError(f"{path} has more than {limits.seconds:g} s of sound; more is not read")
    if at is None or at <= 0:
        return None, 0
    return np.concatenate(pieces, axis=1)[:, :wanted].T.copy(), rate


def _silence(channels: int, samples: int, most: float) -> np.ndarray:
    return np.zeros((channels, max(0, min(samples, int(most)))), np.float32)
