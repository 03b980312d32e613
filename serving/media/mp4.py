"""Mp4 files: H.264 and AAC, written whole or not at all."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from models.files import atomic_path
from serving.errors import MediaError

if TYPE_CHECKING:
    import av.container

_BT709 = 1  # the number of BT.709 for primaries, transfer and matrix alike (ITU-T H.273)
_LIMITED_RANGE = 1
_FRAGMENTED = "+frag_keyframe+empty_moov+default_base_moof"
_CHUNK = 48_000  # audio samples in one frame given to the encoder
AUDIO_BITRATE = 192_000


def write_mp4(
    path: Path,
    frames: Iterable[np.ndarray],
    fps: int,
    audio: np.ndarray | None = None,
    sample_rate: int = 48_000,
    *,
    crf: int = 18,
    preset: str = "fast",
) -> int:
    """Write video, and sound if given, as H.264 (yuv420p, BT.709) and AAC; the index comes first (faststart).

    Args:
        path: Target; it appears when it is complete.
        frames: uint8 [H, W, 3] RGB each, all alike, even sides; may be a generator.
        fps: Frames a second.
        audio: float32 [S, channels] in [-1, 1], one or two channels.
        sample_rate: Samples a second.
        crf: x264's quality, lower is better.
        preset: x264's speed.

    Returns:
        How many frames were written: exactly those that were given.

    Raises:
        MediaError: no frames, odd sides, frames of different sizes, or an encoder that refuses.
    """
    import av

    with atomic_path(path) as temporary:
        try:
            with av.open(str(temporary), "w", options={"movflags": "+faststart"}) as container:
                return _encode(container, frames, fps, audio, sample_rate, {"crf": str(crf), "preset": preset})
        except av.FFmpegError as error:
            raise MediaError(f"{path} could not be written: {error}") from error


def write_fragmented(target: Path | BinaryIO, frames: Iterable[np.ndarray], fps: int) -> int:
    """Write frames as they come, as H.264 in an mp4 that can be watched while it grows: a fragment each second.

    Args:
        target: A file, which is there from the first frame on, or a stream of bytes.
        frames: As for ``write_mp4``.
        fps: Frames a second.

    Returns:
        How many frames were written.

    Raises:
        MediaError: as ``write_mp4``.
    """
    import av

    to = str(target) if isinstance(target, Path) else target
    options = {"crf": "18", "preset": "veryfast", "tune": "zerolatency", "g": str(fps)}
    try:
        with av.open(to, "w", format="mp4", options={"movflags": _FRAGMENTED}) as container:
            return _encode(container, frames, fps, None, 0, options)
    except av.FFmpegError as error:
        raise MediaError(f"the stream could not be written: {error}") from error


def _encode(
    container: "av.container.OutputContainer",
    frames: Iterable[np.ndarray],
    fps: int,
    audio: np.ndarray | None,
    sample_rate: int,
    options: dict[str, str],
) -> int:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise MediaError("a video needs at least one frame")
    height, width = first.shape[:2]
    if height % 2 or width % 2:
        raise MediaError(f"H.264 with yuv420p needs even sides, not {width}x{height}")
    video = container.add_stream("libx264", rate=fps, options=options)
    video.width, video.height, video.pix_fmt = width, height, "yuv420p"
    context = video.codec_context
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    sound = None if audio is None else _Sound(container, audio, sample_rate)
    count = 0
    current: np.ndarray | None = first
    while current is not None:
        if current.shape != first.shape:
            raise MediaError(f"frame {count} is {current.shape[1]}x{current.shape[0]}, the first {width}x{height}")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(current), format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = count, Fraction(1, fps)
        container.mux(video.encode(picture))
        count += 1
        if sound is not None:
            sound.until(count * sample_rate // fps)
        current = next(iterator, None)
    container.mux(video.encode(None))
    if sound is not None:
        sound.end()
    return count


class _Sound:
    """Sound [S, channels] in a container, encoded as far as the frames are: neither waits for the other in memory."""

    def __init__(self, container: "av.container.OutputContainer", audio: np.ndarray, sample_rate: int) -> None:
        layout = "stereo" if audio.shape[1] == 2 else "mono"
        self._container, self._audio, self._rate = container, audio, sample_rate
        self._stream = container.add_stream("aac", rate=sample_rate, layout=layout)
        self._stream.bit_rate = AUDIO_BITRATE
        self._at = 0

    def until(self, sample: int) -> None:
        """Encode up to a sample, in whole chunks."""
        import av

        while self._at < min(sample, len(self._audio)):
            piece = np.ascontiguousarray(self._audio[self._at : self._at + _CHUNK].T.astype(np.float32))
            block = av.AudioFrame.from_ndarray(piece, format="fltp", layout=self._stream.layout.name)
            block.sample_rate, block.pts, block.time_base = self._rate, self._at, Fraction(1, self._rate)
            self._container.mux(self._stream.encode(block))
            self._at += _CHUNK

    def end(self) -> None:
        """Encode what is left."""
        self.until(len(self._audio))
        self._container.mux(self._stream.encode(None))
