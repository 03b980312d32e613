"""Take: one generation that the locales of a campaign share, kept on disk until the campaign is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from models.files import atomic_path, sha256_json
from serving.errors import MediaError
from serving.media.lossless import SUFFIX, write_lossless
from serving.media.reading import each_frame
from serving.media.resize import Resolution, delivery_size
from serving.memory import Cut
from serving.pipeline import Pipeline


@dataclass(frozen=True)
class TakeRequest:
    """What a take depends on, apart from the pipeline and from the tiles that it is decoded and enlarged in.

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
    """Generated video with its sound.

    Attributes:
        file: The frames, without loss; of the delivery's size if the model has an upsampler.
        count: How many they are.
        audio: Mono float32 [S].
    """

    file: Path
    count: int
    audio: np.ndarray

    def frames(self) -> Iterator[np.ndarray]:
        """The frames uint8 [H, W, 3], one by one.

        Raises:
            MediaError: the file is damaged; it is removed, so that the next run generates it again.
        """
        try:
            yield from self._counted()
        except MediaError as error:
            self.file.unlink(missing_ok=True)
            raise MediaError(f"{error}; it is removed: run the campaign again, which generates it anew") from error

    def _counted(self) -> Iterator[np.ndarray]:
        read = 0
        for frame in each_frame(self.file):
            read += 1
            yield frame
        if read != self.count:
            raise MediaError(f"{self.file} holds {read} of {self.count} frames")


def files_of(folder: Path, request: TakeRequest) -> tuple[Path, Path]:
    """Where a take's frames and sound lie."""
    name = f"{request.name}-{request.digest[:16]}"
    return folder / f"{name}{SUFFIX}", folder / f"{name}.npy"


def take(folder: Path, request: TakeRequest, pipeline: Pipeline, cut: Cut) -> Take:
    """The take in ``folder``, generated now if it is not there; its frames are written as they are decoded.

    Args:
        folder: Where takes lie.
        request: What it is of.
        pipeline: The model's.
        cut: How it is decoded and enlarged.
    """
    video, sound = files_of(folder, request)
    count, fps = pipeline.config.length(request.seconds), pipeline.config.fps
    if not (video.exists() and sound.exists()):
        (latent,) = pipeline.latents(
            [request.prompt],
            [request.seed],
            seconds=request.seconds,
            aspect=request.aspect,
            reference=request.reference,
        )
        heard = pipeline.sounding.of_clip(latent, request.prompt, count / fps, seed=request.seed)
        with atomic_path(sound) as temporary, temporary.open("wb") as file:
            np.save(file, heard)
        pieces = pipeline.frames_of(latent, count, cut.tiles)
        if cut.enlarger.graph is not None:
            pieces = cut.enlarger(pieces, delivery_size(request.aspect, request.resolution))
        write_lossless(video, chain.from_iterable(pieces), fps)  # last: a take that has its video is whole
    return Take(video, count, np.load(sound, allow_pickle=False))
