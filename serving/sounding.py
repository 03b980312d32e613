"""Sounding: sound for the latent of a video of any length, its windows sampled together and blended at each step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.config import ServingConfig
from serving.drawing import AUDIO, StageProgress, drawn, noise_of, require_prompts, require_whole
from serving.features import LATENT_STRIDE, video_features
from serving.sampling.guidance import Graph, flow
from serving.sampling.sampler import Overrides, Sampler
from serving.sampling.windowed import Windowed
from serving.shots import Plan, Shot
from serving.text import TextStates
from serving.windows import Window, in_a_row, spread

Part = tuple[Window, str, np.ndarray]
"""Audio latent frames that are sampled at once; the prompt and the video latent of what is seen meanwhile."""

_DECODED = 256  # audio latent frames decoded at once
_CONTEXT = 16  # those beside them that the codec sees; it reaches as far as it has blocks, and one frame more
_AS_THE_MODEL = Overrides()


@dataclass(frozen=True)
class Sounding:
    """The sound of a model: float32 mono in [-1, 1], as long as the video to the sample.

    Its methods raise RequestRefused for an empty prompt, a negative seed and options that do not combine with sound,
    SamplingFailed where the model produced values that are not finite.

    Attributes:
        flows: The audio model's graph.
        decode: The codec's.
        text: States of prompts.
        config: Rates, and how sound is sampled.
    """

    flows: Graph
    decode: Graph
    text: TextStates
    config: ServingConfig

    def of_clip(
        self,
        latent: np.ndarray,
        prompt: str,
        seconds: float,
        *,
        seed: int = 0,
        overrides: Overrides = _AS_THE_MODEL,
        progress: StageProgress | None = None,
    ) -> np.ndarray:
        """Sound for a video latent [16, T, h, w] of one prompt, at once or in windows that the model covers."""
        require_prompts([prompt], [seed])
        self.config.length(seconds)
        sampler = self.config.audio_sampler.with_overrides(overrides)
        require_whole(sampler, "sound")
        longest, length = self.config.max_frames // LATENT_STRIDE, self._length(seconds)
        windows = spread(latent.shape[1], max(longest, 1), longest // 2)
        return self._sampled(
            sampler, self._parts(latent, windows, [prompt] * len(windows), length), seconds, seed, progress
        )

    def of_film(
        self,
        latent: np.ndarray,
        shots: Sequence[Shot],
        plan: Plan,
        *,
        seed: int = 0,
        progress: StageProgress | None = None,
    ) -> np.ndarray:
        """Sound for the latent [16, T, h, w] of a long video, in the windows of its plan."""
        require_prompts([shot.prompt for shot in shots], [seed] * len(shots))
        seconds = LATENT_STRIDE * plan.length / self.config.fps
        windows, prompts = [window for window, _ in plan.windows], [shots[number].prompt for _, number in plan.windows]
        parts = self._parts(latent, windows, prompts, self._length(seconds))
        return self._sampled(self.config.audio_sampler, parts, seconds, seed, progress)

    def _length(self, seconds: float) -> int:
        """Audio latent frames of so many seconds, the last one perhaps not full."""
        return -(-round(seconds * self.config.sample_rate) // self.config.audio_hop)

    def _parts(self, latent: np.ndarray, windows: Sequence[Window], prompts: Sequence[str], length: int) -> list[Part]:
        """Windows over latent frames, each as a clip by itself: none hears what is beyond a cut."""
        rate = LATENT_STRIDE / self.config.fps * self.config.audio_rate

        def place(latent_frame: int) -> int:
            return length if latent_frame == latent.shape[1] else min(round(latent_frame * rate), length)

        return [
            (Window(place(one.start), place(one.stop)), prompt, latent[:, one.places])
            for one, prompt in zip(windows, prompts, strict=True)
        ]

    def _sampled(
        self,
        sampler: Sampler,
        parts: Sequence[Part],
        seconds: float,
        seed: int,
        progress: StageProgress | None,
    ) -> np.ndarray:
        """Sound whose ``parts``, in order, together cover it."""
        config, length = self.config, self._length(seconds)
        states = {prompt: self.text.conditions([prompt]) for _, prompt, _ in parts}
        velocities = []
        for window, prompt, latent in parts:
            condition, null = states[prompt]
            features = video_features(latent, window.length, fps=config.fps, audio_rate=config.audio_rate)
            video = {"video": features[None]}
            velocities.append(flow(self.flows, {**condition, **video}, {**null, **video}, sampler))
        velocity = Windowed([window for window, _, _ in parts], velocities, length, axis=1)
        noise = noise_of(seed, AUDIO, (length, config.audio_channels))
        audio = drawn(sampler, velocity, noise[None], "sound", progress)[0]
        return self._decoded(audio)[: round(seconds * config.sample_rate)]

    def _decoded(self, audio: np.ndarray) -> np.ndarray:
        """Samples of an audio latent [N, channels], a piece at a time: decoding a long one takes no more memory."""
        hop, found = self.config.audio_hop, []
        for piece in in_a_row(len(audio), _DECODED, 0):
            start, stop = max(piece.start - _CONTEXT, 0), min(piece.stop + _CONTEXT, len(audio))
            samples = self.decode(latent=np.ascontiguousarray(audio[None, start:stop]))[0]
            kept = samples[(piece.start - start) * hop : (piece.stop - start) * hop]
            found.append(np.clip(kept, -1, 1).astype(np.float32))
        return np.concatenate(found)
