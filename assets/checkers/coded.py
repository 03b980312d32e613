"""The codecs that every judge must survive: frames through H.264 and sound through AAC and back, in memory."""

import io
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from models.recipes import SAMPLE_RATE
from serving.media.mp4 import AUDIO_BITRATE

CRF = 30


def coded(frames: NDArray[np.uint8], fps: int, crf: int = CRF) -> NDArray[np.uint8]:
    """uint8 [F, H, W, 3] after x264 (yuv420p, preset veryfast) at the given CRF; sides are even."""
    import av

    store = io.BytesIO()
    with av.open(store, "w", format="mp4") as container:
        options = {"crf": str(crf), "preset": "veryfast", "threads": "1"}
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    store.seek(0)
    with av.open(store, "r") as reader:
        decoded = [picture.to_ndarray(format="rgb24") for picture in reader.decode(video=0)]
    return np.asarray(decoded, np.uint8)


def coded_sound(samples: NDArray[np.float32], bitrate: int = AUDIO_BITRATE) -> NDArray[np.float32]:
    """float32 [S] at 48 kHz after AAC, as long as before."""
    import av

    store = io.BytesIO()
    with av.open(store, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = bitrate
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="fltp", layout="mono")
        block.sample_rate, block.pts, block.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
        container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    store.seek(0)
    with av.open(store, "r") as reader:
        blocks = [(block.pts or 0, block.to_ndarray()[0]) for block in reader.decode(audio=0)]
    heard = np.concatenate([part for start, part in blocks if start >= 0])  # before 0 the encoder only gets ready
    out = np.zeros(len(samples), np.float32)
    out[: len(heard)] = heard[: len(out)]
    return out
