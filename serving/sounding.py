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
from serving.windows import Window, in_a_row

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
        """Sound for a video latent [16, T, h, w] of a length that the model covers, sampled at once."""
        require_prompts([prompt], [seed])
        self.config.frames(seconds)
        sampler = self.config.audio_sampler.with_overrides(overrides)
        require_whole(sampler, "sound")
        whole = (Window(0, self._length(seconds)), prompt, latent)
        return self._sampled(sampler, [whole], seconds, seed, progress)

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
        return self._sampled(self.config.audio_sampler, self._parts(latent, shots, plan), seconds, seed, progress)

    def _length(self, seconds: float) -> int:
        """Audio latent frames of so many seconds, the last one perhaps not full."""
        return -(-round(seconds * self.config.sample_rate) // self.config.audio_hop)

    def _parts(self, latent: np.ndarray, shots: Sequence[Shot], plan: Plan) -> list[Part]:
        """The windows of a plan, each as a clip by itself: none hears what is beyond a cut."""
        rate = LATENT_STRIDE / self.config.fps * self.config.audio_rate
        length = self._length(LATENT_STRIDE * plan.length / self.config.fps)

        def place(latent_frame: int) -> int:
            return length if latent_frame == plan.length else min(round(latent_frame * rate), length)

        return [
            (Window(place(one.start), place(one.stop)), shots[number].prompt, latent[:, one.places])
            for one, number in plan.windows
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
