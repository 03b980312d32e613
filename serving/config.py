"""ServingConfig: the facts about a model that its graphs do not say themselves, stored in the bundle's manifest."""

from math import isfinite

from pydantic import BaseModel, ConfigDict, Field

from serving.errors import RequestRefused
from serving.features import LATENT_STRIDE
from serving.sampling.caching import Calibration
from serving.sampling.sampler import Sampler

SPATIAL_STRIDE = 8  # pixels a side of one latent position
LONGEST = 600.0  # seconds of a video
_SIDE_MULTIPLE = 16  # the backbone patches latents 2x2


class TextEncoderFacts(BaseModel):
    """What is to be known of one text encoder.

    Attributes:
        graphs: Names of its graphs, in the order in which they are called.
        width: Of its token states.
        length: Tokens that a prompt is cut to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    graphs: tuple[str, ...] = Field(min_length=1)
    width: int = Field(gt=0)
    length: int = Field(gt=0)


class ServingConfig(BaseModel):
    """What a pipeline needs to know beside the graphs.

    Attributes:
        fps: Video frames a second, unless others are asked for.
        rates: All that the model was trained at, by the FPS token; none: ``fps`` alone.
        sample_rate: Audio samples a second.
        latent_channels: Channels of the video latent.
        text: The text encoders by role: ``prompt``, ``long``, ``characters``.
        sizes: (height, width) in pixels of each aspect ratio.
        max_frames: Longest video that the backbone's position tables cover.
        audio_channels: Channels of the audio latent.
        audio_rate: Audio latent frames a second.
        audio_hop: Samples of one audio latent frame.
        reference_size: Pixels a side of a personalization reference.
        sampler: How video is sampled.
        audio_sampler: How sound is sampled.
        source_guidance: Scale of the source video in editing; ``sampler.guidance`` is the instruction's.
        calibration: What step caching of video is planned by; None: it was not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fps: int = Field(gt=0)
    rates: tuple[int, ...] = ()
    sample_rate: int = Field(gt=0)
    latent_channels: int = Field(default=16, gt=0)
    text: dict[str, TextEncoderFacts] = Field(min_length=1)
    sizes: dict[str, tuple[int, int]] = Field(min_length=1)
    max_frames: int = Field(default=64, gt=0)
    audio_channels: int = Field(default=128, gt=0)
    audio_rate: int = Field(gt=0)
    audio_hop: int = Field(gt=0)
    reference_size: int = Field(default=64, gt=0)
    sampler: Sampler = Sampler()
    audio_sampler: Sampler = Sampler(solver="midpoint", schedule="uniform", steps=16)
    source_guidance: float = 1.0
    calibration: Calibration | None = None

    @property
    def max_seconds(self) -> float:
        """The longest video that is sampled at once."""
        return self.max_frames / self.fps

    @property
    def largest(self) -> tuple[int, int]:
        """The size of most pixels."""
        return max(self.sizes.values(), key=lambda size: size[0] * size[1])

    def at(self, fps: int | None) -> "ServingConfig":
        """The same at another frame rate; None is its own. Raises RequestRefused for one that it was not trained at."""
        if fps is None or fps == self.fps:
            return self
        if fps not in self.rates:
            known = ", ".join(str(rate) for rate in self.rates or (self.fps,))
            raise RequestRefused(f"{fps} frames a second are none that this model was trained at: it has {known}")
        return self.model_copy(update={"fps": fps})

    def frames(self, seconds: float) -> int:
        """Frames of ``seconds`` of video that is sampled at once. Raises RequestRefused outside what that covers."""
        count = self._count(seconds)
        if not 1 <= count <= self.max_frames:
            raise RequestRefused(
                f"{seconds:g} s is outside what this model makes at once: ask for {1 / self.fps:g} to "
                f"{self.max_seconds:g} s"
            )
        return count

    def length(self, seconds: float) -> int:
        """Frames of ``seconds`` of video, in as many windows as it takes. Raises RequestRefused above ten minutes."""
        count = self._count(seconds)
        if not 1 <= count <= LONGEST * self.fps:
            raise RequestRefused(f"{seconds:g} s is outside what is made: ask for {1 / self.fps:g} to {LONGEST:g} s")
        return count

    def _count(self, seconds: float) -> int:
        """Frames of so many seconds; none of what is no length."""
        return round(seconds * self.fps) if isfinite(seconds) else 0

    def latent_shape(self, frames: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """[C, T, h, w] of ``frames`` video frames of ``size`` (height, width) pixels."""
        height, width = size
        return (self.latent_channels, -(-frames // LATENT_STRIDE), height // SPATIAL_STRIDE, width // SPATIAL_STRIDE)

    def size(self, aspect: str | tuple[int, int]) -> tuple[int, int]:
        """(height, width) of an aspect ratio's name, or the given pair if the model covers it.

        Raises:
            RequestRefused: an unknown ratio, sides that are not multiples of 16, or sides beyond the trained ones.
        """
        if isinstance(aspect, str):
            if aspect not in self.sizes:
                raise RequestRefused(f"unknown aspect ratio '{aspect}': this model has {', '.join(sorted(self.sizes))}")
            return self.sizes[aspect]
        limits = tuple(max(side) for side in zip(*self.sizes.values(), strict=True))
        for side, limit in zip(aspect, limits, strict=True):
            if side % _SIDE_MULTIPLE or not _SIDE_MULTIPLE <= side <= limit:
                raise RequestRefused(
                    f"size {aspect[1]}x{aspect[0]} does not fit this model: sides are multiples of {_SIDE_MULTIPLE}, "
                    f"at most {limits[1]}x{limits[0]}"
                )
        return aspect
