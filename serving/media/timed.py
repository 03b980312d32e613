"""Decoding: frames and sound of a video file by presentation time, with nothing but that file opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.codec.context import Flags2
from av.container import InputContainer
from av.format import Flags
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# A playlist (HLS, DASH, concat) or a picture would open other files or addresses: only plain containers are read.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,ogg,flv,asf,mxf,ivf,gif,"
    "mp3,aac,flac,wav,ac3,eac3,aiff,w64"
)
TOLERANCE = 1e-3  # seconds: Matroska rounds times to milliseconds
_GUESSED = 1.0  # seconds after which times are no guesses: a stamp comes every 0.7 s at most (ISO/IEC 13818-1, 2.7.4)
_BACK = 1.0  # seconds further back that a stream is entered next; twice as far each time
NO_DECODER = "its codec is not supported"
_ATTACHED_PICTURE = av.stream.Disposition.attached_pic


@dataclass(frozen=True)
class TimedFrame:
    """A decoded frame.

    Attributes:
        seconds: Presentation time since the first frame of the stream.
        frame: The picture as it was stored.
        size: Width and height as people see it: pixels made square, turned upright.
        codec: The name of its codec.
    """

    seconds: float
    frame: VideoFrame
    size: tuple[int, int]
    codec: str

    @property
    def lasts(self) -> float:
        """Seconds that the file shows it; 0 where it does not say."""
        return float((self.frame.duration or 0) * (self.frame.time_base or 0))

    def upright(self, size: tuple[int, int] | None = None) -> np.ndarray:
        """The picture as people see it, uint8 [H,W,3] RGB; by default in its own ``size``, else resized by area."""
        width, height = size or self.size
        turns = round(self.frame.rotation / 90) % 4
        if turns % 2:
            width, height = height, width
        picture = self.frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")
        return np.ascontiguousarray(np.rot90(picture, turns))


@dataclass(frozen=True)
class TimedSound:
    """A decoded block of sound, and when it starts, in seconds since the first frame of the pictures."""

    seconds: float
    frame: AudioFrame


@dataclass(frozen=True)
class SoundLost:
    """The sound could not be decoded from here on, and why."""

    reason: str


class Resampling:
    """Blocks of sound in one format, layout and rate, whatever theirs are and however often these change.

    Args:
        form: ``flt``, ``fltp``, ...
        layout: ``mono``, ``stereo``, ...
        rate: Samples a second.
    """

    def __init__(self, form: str, layout: str, rate: int) -> None:
        self._wanted = (form, layout, rate)
        self._given: tuple[str, str, int] | None = None
        self._resampler = AudioResampler(*self._wanted)

    def __call__(self, frame: AudioFrame) -> list[AudioFrame]:
        """The next block, less what the filter holds back until later. Raises av.FFmpegError."""
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        rest: list[AudioFrame] = []
        if given != self._given:
            rest = self._resampler.resample(None)
            self._given, self._resampler = given, AudioResampler(*self._wanted)
        return [*rest, *self._resampler.resample(frame)]


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream | None]]:
    """A container and its first real video stream. Raises av.FFmpegError for what is no media file."""
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file", "enable_drefs": "0"}
    with av.open(str(path), options=options, metadata_errors="replace") as container:
        streams: list[Any] = [s for s in container.streams.video if not s.disposition & _ATTACHED_PICTURE]
        stream = streams[0] if streams else None
        if stream is not None and stream.codec_context is not None:
            stream.thread_type = "AUTO"
            stream.thread_count = 2
        yield container, stream


def begins(stream: VideoStream | None) -> float:
    """When the first frame is shown, in the container's own seconds; 0 without pictures."""
    return 0.0 if stream is None else float((stream.start_time or 0) * (stream.time_base or 0))


def timed_frames(path: Path, start: float = 0.0, end: float | None = None) -> Iterator[TimedFrame]:
    """Frames shown in [start, end), in order, in seconds since the stream's first frame.

    The first one is the frame on the screen at ``start``, which may have appeared earlier.
    """
    held: TimedFrame | None = None
    for timed in _from_before(path, start):
        if timed.seconds <= start + TOLERANCE:
            held = timed
            continue
        if held is not None:
            yield held
            held = None
        if end is not None and timed.seconds >= end - TOLERANCE:
            return
        yield timed
    if held is not None:
        yield held


def _from_before(path: Path, start: float) -> Iterator[TimedFrame]:
    """Frames in order from one shown at ``start`` or before on; from the first where there is none so early.

    A format without an index of key frames (MPEG-TS, MPEG-PS) may be entered anywhere: nothing decodes before the next
    key frame, and times are guessed until the next stamp. So it is entered further and further back.
    """
    back = 0.0
    while True:
        with open_video(path) as (container, found):
            stream = _decodable(path, found)
            latest = start - (_GUESSED if Flags.ts_discont in Flags(container.format.flags) else 0.0)
            begin = latest - back
            if begin > 0:
                origin = stream.start_time or 0
                ticks = origin + int(begin / float(stream.time_base or 1)) - 1
                container.seek(max(origin, ticks), stream=stream, backward=True)
            frames = (_timed(frame, stream) for frame in container.decode(stream) if frame.pts is not None)
            first = next(frames, None)
            if begin <= 0 or (first is not None and first.seconds <= latest + TOLERANCE):
                yield from frames if first is None else chain([first], frames)
                return
        back = 2 * back or _BACK


def timed_media(path: Path) -> Iterator[TimedFrame | TimedSound | SoundLost]:
    """Every frame and every block of sound of a file, in file order, from one reading of it.

    Frames carry their codec's motion vectors as side data where the codec has them (MPEG-1/2/4, H.264). Sound that
    cannot be decoded ends the sound, with one ``SoundLost``, and not the pictures.

    Raises:
        ValueError: the file has no video stream, or one of an unknown codec.
        av.FFmpegError: the pictures cannot be decoded to their end.
    """
    with open_video(path) as (container, found):
        stream = _decodable(path, found)
        stream.codec_context.flags2 |= Flags2.export_mvs
        origin = begins(stream)
        sound = next((item for item in container.streams.audio if item.codec_context is not None), None)
        if sound is None and container.streams.audio:
            yield SoundLost(NO_DECODER)
        for packet in container.demux([item for item in (stream, sound) if item is not None]):
            if packet.stream is stream:
                for frame in stream.codec_context.decode(packet):
                    if frame.pts is not None:
                        yield _timed(frame, stream)
            elif sound is not None:
                try:
                    heard = sound.codec_context.decode(packet)
                except av.FFmpegError as error:
                    sound = None
                    yield SoundLost(str(error))
                    continue
                for block in heard:
                    if block.time is not None:
                        yield TimedSound(block.time - origin, block)


def _decodable(path: Path, stream: VideoStream | None) -> VideoStream:
    if stream is None or stream.time_base is None:
        raise ValueError(f"{path} has no video stream")
    if stream.codec_context is None:
        raise ValueError(f"{path} holds no video that can be decoded: {NO_DECODER}")
    return stream


def _timed(frame: VideoFrame, stream: VideoStream) -> TimedFrame:
    ticks = (frame.pts or 0) - (stream.start_time or 0)
    size = display_size(stream, frame.rotation)
    return TimedFrame(ticks * float(stream.time_base or 1), frame, size, stream.codec_context.name)


def display_size(stream: VideoStream, rotation: int = 0) -> tuple[int, int]:
    """Width and height as people see them: pixels made square, turned upright."""
    context = stream.codec_context
    aspect = float(stream.sample_aspect_ratio or 1)
    width, height = round(context.width * aspect), context.height
    return (height, width) if round(rotation / 90) % 2 else (width, height)
