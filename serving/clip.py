"""Clip: one generated piece of video, with its sound."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Clip:
    """Frames and sound of equal length, and what they were made from.

    Attributes:
        frames: uint8 [F, H, W, 3] RGB.
        fps: Frames a second.
        audio: float32 [S] mono in [-1, 1], S = F / fps * sample_rate; None if no sound was asked for.
        sample_rate: Samples a second.
        latent: The video's normalised latent, float32 [16, T, h, w].
        prompt: What was asked for.
        seed: The number that the noise was drawn from.
    """

    frames: np.ndarray
    fps: int
    audio: np.ndarray | None
    sample_rate: int
    latent: np.ndarray
    prompt: str
    seed: int

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return len(self.frames) / self.fps


def to_pixels(video: np.ndarray) -> np.ndarray:
    """Float [3, F, H, W] in [-1, 1] as uint8 [F, H, W, 3]; values beyond are clipped."""
    scaled = np.rint((video + 1) * 127.5).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(scaled, 0, -1))


def from_pixels(frames: np.ndarray) -> np.ndarray:
    """uint8 [F, H, W, 3] as float32 [3, F, H, W] in [-1, 1]."""
    return np.ascontiguousarray(np.moveaxis(frames, -1, 0).astype(np.float32) / 127.5 - 1)
