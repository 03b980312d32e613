"""Memory: the peak of the whole pass over a film of a minute and over one of twenty, each in a fresh process."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from orchestration.benches.curation import patterns
from orchestration.benches.curation.speed import apart, timed

_FPS = 16
_SIZE = (320, 180)
_EVERY = Fraction(49, 4)  # seconds from one turn of the piece to the next: its sound lasts a little beyond twelve


def memory_figures(folder: Path) -> dict[str, float]:
    """MiB above the idle process for both films, and their ratio."""
    piece = _piece(folder / "piece.mp4")
    peaks = {}
    for minutes in (1, 20):
        film = _looped(piece, folder / f"{minutes}.mp4", minutes)
        peaks[minutes] = json.loads(timed(apart("memory", str(film), str(piece)))[1])
    return {
        "memory_ratio": peaks[20]["peak_above_idle_mib"] / peaks[1]["peak_above_idle_mib"],
        "memory_1min_mib": peaks[1]["peak_above_idle_mib"],
        "memory_20min_mib": peaks[20]["peak_above_idle_mib"],
        "memory_idle_mib": peaks[20]["idle_mib"],
    }


def _piece(path: Path) -> Path:
    """Twelve seconds of gliding patterns with a cut and tones, as H.264 and AAC."""
    import cv2

    rng = np.random.default_rng(9)
    with av.open(str(path), "w", format="mp4") as file:
        pictures = file.add_stream("libx264", rate=_FPS)
        pictures.width, pictures.height = _SIZE
        pictures.pix_fmt = "yuv420p"
        pictures.options = {"crf": "26", "preset": "veryfast"}
        sound = file.add_stream("aac", rate=48000, layout="mono")
        for _ in range(6):
            for picture in patterns.gliding(rng, 0.05, 40.0):
                large = cv2.resize(picture, _SIZE).astype(np.uint8)
                frame = av.VideoFrame.from_ndarray(large, format="rgb24")
                file.mux(pictures.encode(frame))
        for block in _tones(12.0):
            file.mux(sound.encode(block))
        file.mux(pictures.encode())
        file.mux(sound.encode())
    return path


def _tones(seconds: float) -> Iterator[av.AudioFrame]:
    times = np.arange(int(seconds * 48000)) / 48000
    wave = (0.2 * np.sin(2 * np.pi * 440 * times) * (np.sin(2 * np.pi * times) > 0)).astype(np.float32)
    for begin in range(0, len(wave), 1024):
        block = av.AudioFrame.from_ndarray(wave[None, begin : begin + 1024], format="fltp", layout="mono")
        block.sample_rate = 48000
        block.pts, block.time_base = begin, Fraction(1, 48000)
        yield block


def _media(source: av.container.InputContainer) -> list[av.VideoStream | av.AudioStream]:
    return [*source.streams.video, *source.streams.audio]


def _looped(piece: Path, path: Path, minutes: int) -> Path:
    """The piece again and again, its packets copied."""
    with av.open(str(path), "w", format="mp4") as file:
        with av.open(str(piece)) as source:  # all streams before the first packet, which begins the file
            streams = {stream.index: file.add_stream_from_template(stream) for stream in _media(source)}
        for turn in range(minutes * 5):
            with av.open(str(piece)) as source:
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue
                    shift = round(turn * _EVERY / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream_index]
                    file.mux(packet)
    return path
