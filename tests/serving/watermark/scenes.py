"""Synthetic clips and the transformations that a delivered video may go through."""

import io

import av
import cv2
import numpy as np

PALETTE = [
    (255, 0, 0),
    (0, 0, 255),
    (255, 255, 0),
    (0, 200, 0),
    (255, 255, 255),
    (0, 0, 0),
    (128, 0, 128),
    (90, 90, 90),
]


def flat_clip(frames, height, width, seed):
    """Moving shapes of one colour on a ground of one colour: nothing to hide a mark in."""
    rng = np.random.default_rng(seed)
    ground, square, disc = (PALETTE[i] for i in rng.choice(len(PALETTE), 3, replace=False))
    place, velocity = rng.random((2, 2)) * [width, height], (rng.random((2, 2)) - 0.5) * 8
    side = height // 6
    clip = np.empty((frames, height, width, 3), np.uint8)
    clip[:] = ground
    for index, frame in enumerate(clip):
        (x, y), (u, v) = ((place + velocity * index).astype(int) % [width, height]).tolist()
        cv2.rectangle(frame, (x - side, y - side), (x + side, y + side), square, -1)
        cv2.circle(frame, (u, v), side, disc, -1, cv2.LINE_AA)
    return clip


def upsized_clip(frames, height, width, seed):
    """A noisy clip of a fifth of the size, magnified: what a small generator delivers."""
    small = flat_clip(frames, height // 5, width // 5, seed)
    noise = np.random.default_rng(seed).normal(0, 3, small.shape)
    small = np.clip(small + noise, 0, 255).astype(np.uint8)
    return np.stack([cv2.resize(frame, (width, height), interpolation=cv2.INTER_CUBIC) for frame in small])


def encode(clip, crf, path=None):
    """The clip as H.264 in mp4 at 16 fps: bytes, or a file."""
    target = io.BytesIO() if path is None else str(path)
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=16, options={"crf": str(crf), "threads": "2"})
        stream.height, stream.width, stream.pix_fmt = clip.shape[1] // 2 * 2, clip.shape[2] // 2 * 2, "yuv420p"
        for frame in clip[:, : stream.height, : stream.width]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    return target


def through_h264(clip, crf):
    """The clip after encoding and decoding."""
    with av.open(io.BytesIO(encode(clip, crf).getvalue())) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def resized(clip, factor):
    return np.stack([cv2.resize(f, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) for f in clip])


def cropped(clip, share):
    height, width = clip.shape[1:3]
    top, left = int(height * (1 - share) * 0.4), int(width * (1 - share) * 0.6)
    return clip[:, top : top + int(height * share), left : left + int(width * share)]
