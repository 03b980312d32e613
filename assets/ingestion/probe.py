"""The probe: what a file is, by reading it within limits, and why it cannot be used if it cannot."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av

from serving.media.timed import open_video, timed_frames


@dataclass(frozen=True)
class Limits:
    """How large a file may be. Checked before a frame is decoded: a small file can unpack to any size."""

    side: int = 8192
    seconds: float = 3600.0
    frames: int = 3600 * 120
    bytes: int = 8 << 30


@dataclass(frozen=True)
class Probe:
    """A usable video. ``width`` and ``height`` as people see them, ``duration`` in seconds."""

    width: int
    height: int
    fps: float
    duration: float
    frames: int
    video_codec: str
    audio: bool

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)


@dataclass(frozen=True)
class Quarantine:
    """Why a file is not used."""

    reason: str


@dataclass(frozen=True)
class _Packets:
    """What of a stream is shown: frames, seconds; how many are marked corrupt, and whether reading broke off."""

    count: int
    duration: float
    corrupt: int
    broken: bool


_EDGE_SECONDS = 1.0
_MISSING_SHARE = 0.01
_LIMITS = Limits()


class _Unusable(ValueError):
    """A file that is put into quarantine; the message is the reason."""


def probe(path: Path, limits: Limits = _LIMITS) -> Probe | Quarantine:
    """What is in a file. Reads all packets, decodes the first and the last few frames."""
    try:
        _check_bytes(path.stat().st_size, limits)
        return _probe_media(path, limits)
    except _Unusable as error:
        return Quarantine(str(error))
    except av.error.InvalidDataError:
        return Quarantine(_not_opened(path))
    except (OSError, av.error.FFmpegError) as error:
        return Quarantine(f"cannot be read: {type(error).__name__}: {_without_path(error, path)}")
    except MemoryError:
        return Quarantine("too large: needs more memory than a probe may use")


def _check_bytes(size: int, limits: Limits) -> None:
    if size == 0:
        raise _Unusable("empty file")
    if size > limits.bytes:
        raise _Unusable(f"too large: {size} bytes, at most {limits.bytes}")


def _probe_media(path: Path, limits: Limits) -> Probe:
    with open_video(path) as (container, stream):
        audio = bool(container.streams.audio)
        if stream is None:
            raise _Unusable("no video stream" + (" (audio only)" if audio else ""))
        coded = stream.codec_context
        if coded is None:
            raise _Unusable("codec not supported")
        if max(coded.width, coded.height) > limits.side:
            raise _Unusable(f"too large: {coded.width}x{coded.height} pixels, at most {limits.side} a side")
        if min(coded.width, coded.height) < 1:
            raise _Unusable("not a video: its stream has no size")
        declared = _declared_seconds(container, stream)
        if declared > limits.seconds:
            raise _Unusable(f"too large: {declared:.0f} s, at most {limits.seconds:g} s")
        codec, declared_frames = coded.name, stream.frames
        packets = _read_packets(container, stream, limits)
    _check_packets(packets, limits)
    _check_whole(packets, declared_frames, declared, audio=audio)
    if packets.count == 1 or packets.duration <= 0:
        raise _Unusable("not a video: a single picture")
    width, height = _decode_edges(path, packets.duration)
    fps = packets.count / packets.duration
    return Probe(width, height, round(fps, 4), round(packets.duration, 6), packets.count, codec, audio)


def _check_packets(packets: _Packets, limits: Limits) -> None:
    if packets.count > limits.frames:
        raise _Unusable(f"too large: more than {limits.frames} frames")
    if packets.count == 0:
        raise _Unusable("truncated: the file holds no frame")
    if packets.duration > limits.seconds:
        raise _Unusable(f"too large: {packets.duration:.0f} s, at most {limits.seconds:g} s")


def _check_whole(packets: _Packets, declared_frames: int, declared: float, *, audio: bool) -> None:
    # Fewer frames than declared may be all that an edit list shows: they last as long as declared, but for part of one.
    brief = packets.duration < declared * (1 - _MISSING_SHARE) - packets.duration / packets.count
    if (brief or not declared) and packets.count < declared_frames * (1 - _MISSING_SHARE):
        raise _Unusable(f"truncated: {packets.count} of {declared_frames} frames are there")
    # A container without a frame count tells truncation by its length, unless the sound sets that.
    if not declared_frames and not audio and packets.duration < declared * (1 - _MISSING_SHARE) - 1:
        raise _Unusable(f"truncated: {packets.duration:.1f} of {declared:.1f} s are there")
    if packets.broken:
        raise _Unusable(f"damaged: it cannot be read beyond frame {packets.count}")
    if packets.corrupt:
        raise _Unusable(f"damaged: {packets.corrupt} of {packets.count} frames are marked corrupt")


def _declared_seconds(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float((container.duration or 0) / av.time_base)


def _read_packets(container: Any, stream: Any, limits: Limits) -> _Packets:
    tick = float(stream.time_base)
    count, corrupt, broken = 0, 0, False
    first = last = None
    lasting = 0
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:  # an edit list leaves it out
                continue
            count += 1
            corrupt += packet.is_corrupt
            if packet.pts is not None:
                first = packet.pts if first is None else min(first, packet.pts)
                if last is None or packet.pts >= last:
                    last, lasting = packet.pts, packet.duration or 0
            if count > limits.frames:
                break
    except av.error.FFmpegError:
        broken = True
    if first is None or last is None:
        rate = float(stream.average_rate or 0)
        return _Packets(count, count / rate if rate else 0.0, corrupt, broken)
    if not lasting and count > 1:
        lasting = round((last - first) / (count - 1))
    return _Packets(count, (last - first + lasting) * tick, corrupt, broken)


def _decode_edges(path: Path, duration: float) -> tuple[int, int]:
    """The displayed size, once both ends of the file have decoded."""
    size = _decode(path, 0.0, "start")
    _decode(path, max(0.0, duration - _EDGE_SECONDS), "end")
    return size


def _decode(path: Path, start: float, edge: str) -> tuple[int, int]:
    """Decode up to a second from ``start`` on; the displayed size."""
    size = None
    try:
        for timed in timed_frames(path, start, start + _EDGE_SECONDS):
            size = size or timed.size
    except av.error.FFmpegError as error:
        raise _Unusable(f"damaged: its {edge} does not decode ({type(error).__name__})") from error
    if size is None:
        raise _Unusable(f"damaged: its {edge} holds no picture")
    return size


def _not_opened(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(12)
    # ISO media start with an ftyp box; what opens not although it has one lost its index, which many writers put last.
    if head[4:8] == b"ftyp":
        return "truncated: an MP4 file without its index"
    return "not a video: no known media format"


def _without_path(error: Exception, path: Path) -> str:
    return str(error).replace(str(path), path.name)
