"""Patterns that move at known speeds, and clips that are known to stand still or to move."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

_FPS = 16
_SIZE = (256, 144)
_SECONDS = 2


def texture(rng: np.random.Generator, contrast: float) -> np.ndarray:
    """A ground of noise in five octaves, uint8 [288,512,3]: something to see at every scale, as in nature."""
    import cv2

    total = np.zeros((288, 512, 3), dtype=np.float32)
    for octave in range(5):
        cells = rng.standard_normal((9 << octave, 16 << octave, 3)).astype(np.float32)
        total += cv2.resize(cells, (512, 288), interpolation=cv2.INTER_CUBIC) / (1 << octave) ** 0.75
    return np.clip(128 + total / total.std() * contrast, 0, 255).astype(np.uint8)


def gliding(rng: np.random.Generator, speed: float, contrast: float) -> Iterator[np.ndarray]:
    """A textured ground that glides ``speed`` widths a second in some direction, uint8 [144,256,3]."""
    import cv2

    ground = texture(rng, contrast)
    angle = rng.uniform(0, 2 * np.pi)
    for number in range(_FPS * _SECONDS):
        way = speed * _SIZE[0] * (number / _FPS)
        right, down = np.cos(angle) * way, np.sin(angle) * way
        moved = np.array([[1, 0, right], [0, 1, down]], dtype=np.float32)
        # The ground is repeated by mirroring, so it never ends.
        shown = cv2.warpAffine(ground, moved, _SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        yield shown


def standing(rng: np.random.Generator) -> Iterator[np.ndarray]:
    """A still picture with the flicker and grain of a camera."""
    picture = texture(rng, rng.uniform(20, 60))[:144, :256].astype(np.float32)
    grain, flicker = rng.uniform(0, 6), rng.uniform(0, 3)
    for _ in range(_FPS * _SECONDS):
        noise = rng.standard_normal(picture.shape).astype(np.float32) * grain
        yield np.clip(picture + noise + rng.normal(0, flicker), 0, 255).astype(np.uint8)


def moving(rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The same, in which a thing of 8 to 30 percent of the height moves at 0.04 to 0.4 widths a second, or all does."""
    if rng.random() < 0.3:
        yield from gliding(rng, float(np.exp(rng.uniform(np.log(0.02), np.log(0.3)))), rng.uniform(20, 60))
        return
    side = int(rng.uniform(0.08, 0.3) * 144)
    thing = texture(rng, rng.uniform(20, 60))[:side, :side].astype(np.float32) + rng.choice([-60, 60])
    speed = float(np.exp(rng.uniform(np.log(0.04), np.log(0.4)))) * _SIZE[0] / _FPS
    angle = rng.uniform(0, 2 * np.pi)
    at = rng.uniform((0, 0), (_SIZE[1] - side, _SIZE[0] - side))
    step = np.array([np.sin(angle), np.cos(angle)]) * speed
    for picture in standing(rng):
        # It turns back at the frame's edge.
        step = np.where((at + step < 0) | (at + step > (_SIZE[1] - side, _SIZE[0] - side)), -step, step)
        at = at + step
        top, left = (int(value) for value in np.clip(np.round(at), 0, (_SIZE[1] - side, _SIZE[0] - side)))
        picture[top : top + side, left : left + side] = np.clip(thing, 0, 255)
        yield picture


def write(path: Path, pictures: Iterator[np.ndarray], crf: int) -> Path:
    """Encode as H.264."""
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=_FPS)
        stream.width, stream.height = _SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    return path
