"""Take: one generation that the locales of a campaign share, kept on disk until the campaign is done."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.files import atomic_path, sha256_json
from serving.media.resize import Resolution, delivery_size
from serving.pipeline import Pipeline, StageProgress


@dataclass(frozen=True)
class TakeRequest:
    """What a take depends on, apart from the pipeline.

    Attributes:
        name: For its file.
        prompt, seconds, aspect, seed: As for ``Pipeline.generate``.
        fps: The pipeline's.
        resolution: That an upsampler brings it to.
        reference: Picture of who or what is to appear, uint8 [H, W, 3].
        origin: Digests that tell models and reference pictures apart.
    """

    name: str
    prompt: str
    seconds: float
    fps: int
    aspect: str
    resolution: Resolution
    seed: int
    reference: np.ndarray | None
    origin: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return sha256_json([self.prompt, self.seconds, self.fps, self.aspect, self.resolution, self.seed, self.origin])


@dataclass(frozen=True)
class Take:
    """Frames uint8 [F, H, W, 3], at the delivery's size if the model has an upsampler, and mono sound float32 [S]."""

    frames: np.ndarray
    audio: np.ndarray


def take(folder: Path, request: TakeRequest, pipeline: Pipeline, progress: StageProgress | None = None) -> Take:
    """The take in ``folder``, generated now if it is not there."""
    path = folder / f"{request.name}-{request.digest[:16]}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            return Take(stored["frames"], stored["audio"])
    clip = pipeline.generate(
        request.prompt,
        seconds=request.seconds,
        aspect=request.aspect,
        seed=request.seed,
        reference=request.reference,
        progress=progress,
    )
    assert clip.audio is not None
    frames = clip.frames
    if pipeline.enlarger.graph is not None:
        frames = np.concatenate(list(pipeline.enlarger([frames], delivery_size(request.aspect, request.resolution))))
    with atomic_path(path) as temporary:
        np.savez(temporary, frames=frames, audio=clip.audio)
    return Take(frames, clip.audio)
