"""Degrading: small clips as an upsampler may meet them, of half the size and spoiled twice in a row.

The second-order degradation of Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833), which Movie Gen 3.1.5 uses, at the
strength of films that a model made and a codec stored: blur, resizing, noise and compression, each at random, twice.
"""

import numpy as np
from numpy.typing import NDArray

from assets.checkers.coded import coded
from models.recipes import FPS

Frames = NDArray[np.uint8]

_FACTOR = 2


def shrunk(frames: Frames, generator: np.random.Generator) -> Frames:
    """uint8 [F, H, W, 3] at half the size by one of four kernels; nothing else is done to it."""
    return _resized(frames, frames.shape[1] // _FACTOR, frames.shape[2] // _FACTOR, generator)


def degraded(frames: Frames, generator: np.random.Generator) -> Frames:
    """uint8 [F, H, W, 3] at half the size, spoiled; a function of the frames and the generator alone."""
    height, width = frames.shape[1:3]
    middle = generator.uniform(0.5, 1.0)
    first = _blurred(frames, generator, 0.6, 1.6)
    first = _resized(first, round(height * middle), round(width * middle), generator)
    first = _grainy(first, generator, 0.4, 8.0)
    first = _stored(first, generator, 0.4)
    second = _blurred(first, generator, 0.4, 0.8)
    second = _resized(second, height // _FACTOR, width // _FACTOR, generator)
    second = _grainy(second, generator, 0.3, 5.0)
    if generator.random() < 0.4:
        return coded(second, FPS, int(generator.integers(16, 31)))
    return _stored(second, generator, 0.3)


def _blurred(frames: Frames, generator: np.random.Generator, share: float, reach: float) -> Frames:
    """Through a Gaussian that may be longer than wide, at any angle."""
    import cv2

    if generator.random() >= share:
        return frames
    along, across = generator.uniform(0.3, reach, 2)
    turn, half = generator.uniform(0, np.pi), int(np.ceil(3 * reach))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    forward, aside = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    kernel = np.exp(-0.5 * ((forward / along) ** 2 + (aside / across) ** 2))
    return np.stack([cv2.filter2D(frame, -1, kernel / kernel.sum()) for frame in frames]).astype(np.uint8)


def _resized(frames: Frames, height: int, width: int, generator: np.random.Generator) -> Frames:
    """By area, or by a triangle, cubic or Lanczos that is as wide as what it leaves out."""
    from PIL import Image

    kernels = (
        Image.Resampling.BOX,
        Image.Resampling.BILINEAR,
        Image.Resampling.BICUBIC,
        Image.Resampling.LANCZOS,
    )
    kernel = kernels[int(generator.integers(len(kernels)))]
    return np.stack([np.asarray(Image.fromarray(frame).resize((width, height), kernel)) for frame in frames])


def _grainy(frames: Frames, generator: np.random.Generator, share: float, most: float) -> Frames:
    """Gaussian noise, the same in all colours or in each its own, other in every frame."""
    if generator.random() >= share:
        return frames
    strength, colours = generator.uniform(0.5, most), 1 if generator.random() < 0.4 else 3
    noise = strength * generator.standard_normal((*frames.shape[:3], colours), dtype=np.float32)
    return np.rint(frames + noise).clip(0, 255).astype(np.uint8)


def _stored(frames: Frames, generator: np.random.Generator, share: float) -> Frames:
    """As JPEG, all frames at one quality."""
    import cv2

    if generator.random() >= share:
        return frames
    options = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(40, 96))]
    pictures = (cv2.imdecode(cv2.imencode(".jpg", frame, options)[1], cv2.IMREAD_COLOR) for frame in frames)
    return np.stack([np.asarray(picture, np.uint8) for picture in pictures])
