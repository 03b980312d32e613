"""Reading media within limits: what a file claims is checked before anything is decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serving.errors import MediaError

if TYPE_CHECKING:
    import av.container
    import av.video.stream


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

    What comes later is not read, however long the file is.

    Args:
        path: The file.
        fps: Frames a second that are kept of it: those that show then, again where it has fewer.
        frames: How many.
        limits: Of what is kept.

    Raises:
        MediaError: as ``read_video``, or the file does not say how many frames a second it has.
    """
    import av

    limits = limits or Limits()
    try:
        with av.open(str(path)) as container:
            kept = _kept(path, container, fps, frames, limits)
    except (av.FFmpegError, OSError) as error:
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

    Args:
        path: The file.
        limits: Of what is read.
        seconds: What of it is read; None: all.

    Raises:
        MediaError: as ``read_video``.
    """
    import av

    try:
        with av.open(str(path)) as container:
            return _sound(path, container, limits or Limits(), seconds)
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
    if not container.streams.video:
        raise MediaError(f"{path} holds no video")
    stream = container.streams.video[0]
    if max(stream.width, stream.height) > limits.side:
        raise MediaError(f"{path} is {stream.width}x{stream.height} pixels; at most {limits.side} a side are read")
    return stream


def _kept(
    path: Path, container: "av.container.InputContainer", fps: float, frames: int, limits: Limits
) -> list[np.ndarray]:
    """The first frames [H, W, 3] at a frame rate."""
    stream = _stream(path, container, limits)
    rate = float(stream.average_rate or 0)
    if rate <= 0:
        raise MediaError(f"{path} does not say how many frames a second it has")
    kept: list[np.ndarray] = []
    read = 0
    for read, frame in enumerate(container.decode(stream), 1):
        while len(kept) < frames and int(len(kept) * rate / fps) < read:
            if frame.width != stream.width or frame.height != stream.height:
                raise MediaError(f"{path} changes its size in frame {read - 1}")
            if (len(kept) + 1) * frame.width * frame.height > limits.pixels:
                raise MediaError(f"{path} has too many pixels to read {frames} frames of it; {len(kept)} fit")
            kept.append(frame.to_ndarray(format="rgb24"))
        if len(kept) == frames:
            return kept
    if not kept:
        raise MediaError(f"{path} holds no frame that decodes")
    return kept[: max(1, int(read / rate * fps))]


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
    path: Path, container: "av.container.InputContainer", limits: Limits, seconds: float | None
) -> tuple[np.ndarray | None, int]:
    from av.audio.resampler import AudioResampler

    if not container.streams.audio:
        return None, 0
    stream = container.streams.audio[0]
    rate = stream.rate or 0
    resampler = AudioResampler(format="fltp", layout=stream.layout.name, rate=rate)
    wanted = None if seconds is None else round(seconds * rate)
    pieces, length = [], 0
    for frame in container.decode(stream):
        for piece in resampler.resample(frame):
            pieces.append(piece.to_ndarray())
            length += piece.samples
        if wanted is not None and length >= wanted:
            break
        if length > limits.seconds * rate:
            raise MediaError(f"{path} has more than {limits.seconds:g} s of sound; more is not read")
    if not pieces:
        return None, 0
    return np.concatenate(pieces, axis=1)[:, :wanted].T.copy(), rate
