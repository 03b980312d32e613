"""Small video files, good and hostile, made with PyAV."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_video(path, pictures, fps=25, codec="libx264", pix_fmt="yuv420p", options=None, times=None, container=None):
    """Encode pictures (uint8 [H,W,3]); ``times`` are presentation times in milliseconds instead of a fixed rate."""
    pictures = list(pictures)
    with av.open(str(path), "w", options=container or {}) as file:
        stream = file.add_stream(codec, rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.options = options or {}
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, fps if times is None else 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return Path(path)


def moving_pictures(count, height=144, width=192, seed=0):
    """A textured square crossing a textured ground: sharp, moving, different for each seed."""
    rng = np.random.default_rng(seed)
    ground = np.kron(rng.integers(0, 255, (height // 16, width // 16, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    for number in range(count):
        picture = ground.copy()
        left = 2 * number % (width - 48)
        picture[48:96, left : left + 48] = [250, 40, 40]
        picture[60:84, left + 12 : left + 36] = [20, 20, 230]
        yield picture


def write_sound(path):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libmp3lame", rate=48000, layout="mono")
        tone = np.sin(np.arange(48000) * 0.05).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = 48000
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return Path(path)


def write_changing_sound(path, kinds, seconds=2):
    """A film at 16 frames a second whose sound, a sine, changes its (rate, layout) every so many ``seconds``."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=16)
        video.height, video.width, video.pix_fmt = 144, 192, "yuv420p"
        sound = file.add_stream("ac3", rate=kinds[0][0], layout=kinds[0][1])
        for picture in moving_pictures(16 * seconds * len(kinds)):
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(video.encode())
        for number, (rate, layout) in enumerate(kinds):
            encoder = av.CodecContext.create("ac3", "w")
            encoder.sample_rate, encoder.layout, encoder.format = rate, layout, "fltp"
            for begin in range(0, rate * seconds, 1536):
                sine = 0.3 * np.sin(2 * np.pi * 440 * (np.arange(1536) + begin) / rate).astype(np.float32)
                channels = np.tile(sine, (encoder.channels, 1))
                frame = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
                frame.sample_rate = rate
                for packet in encoder.encode(frame):
                    packet.stream, packet.time_base = sound, Fraction(1, rate)
                    packet.pts = packet.dts = number * seconds * rate + begin
                    file.mux(packet)
    return Path(path)
