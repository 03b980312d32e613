"""Pipeline: prompts in, clips with sound out, over graphs of any runtime."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from serving.bundle import FULL, Bundle, OnnxGraph
from serving.clip import Clip, from_pixels, to_pixels
from serving.config import ServingConfig
from serving.decoding.stream import stream
from serving.decoding.tiles import WHOLE, Tiles
from serving.drawing import VIDEO, StageProgress, caching, drawn, noise_of, require_prompts, require_whole, told
from serving.errors import GraphMissing, RequestRefused
from serving.features import LATENT_STRIDE
from serving.following import one_after_the_other
from serving.known import KNOWN, Ends, ends_known, frames_known, knowing, led, require_plain
from serving.reference import reference_tokens
from serving.sampling.continued import Continued
from serving.sampling.guidance import Graph, Guided, flow
from serving.sampling.sampler import Overrides, Sampler
from serving.sampling.solver import Velocity
from serving.sampling.windowed import Windowed
from serving.shots import Joined, Plan, Shot, laid_out, lasting
from serving.sounding import Sounding
from serving.text import EncoderStates, TextStates
from serving.upsampling.cascade import Enlarger

Aspect = str | tuple[int, int]
_BATCH = 8  # samples in one call of the backbone: bounds memory
_AS_THE_MODEL = Overrides()


class Pipeline:
    """Generates, edits and sounds video with a model's graphs.

    Whatever the batch a prompt comes in, its seed draws the same noise and it gets the same frames, up to rounding.

    Args:
        graphs: Graph by name: ONNX sessions of a bundle, or torch modules behind the same calls.
        tokenizers: The text encoders' ``tokenizer.json`` by role; one without it reads the bytes of quoted text.
        config: What the graphs do not say themselves.
        variant: Of the graphs' weights, for records.
    """

    def __init__(
        self, graphs: Mapping[str, Graph], tokenizers: Mapping[str, Path], config: ServingConfig, variant: str = FULL
    ) -> None:
        self.graphs = graphs
        self._tokenizers = tokenizers
        self._variant = variant
        self.config = config
        encoders = {
            role: EncoderStates([self.graph(name) for name in facts.graphs], tokenizers.get(role), facts)
            for role, facts in config.text.items()
        }
        self._text = TextStates(encoders, fps=config.fps)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "Pipeline":
        """A pipeline over a bundle's ONNX graphs."""
        return cls(bundle.graphs, bundle.tokenizers, bundle.config, bundle.variant)

    def at(self, fps: int | None) -> "Pipeline":
        """The same at another frame rate; None is its own. Raises RequestRefused for one that it was not trained at."""
        config = self.config.at(fps)
        return self if config is self.config else Pipeline(self.graphs, self._tokenizers, config, self._variant)

    def generate(
        self,
        prompt: str,
        *,
        seconds: float,
        aspect: Aspect = "16:9",
        seed: int = 0,
        overrides: Overrides = _AS_THE_MODEL,
        reference: np.ndarray | None = None,
        audio: bool = True,
        progress: StageProgress | None = None,
    ) -> Clip:
        """One clip. As ``generate_batch`` with one prompt and one seed."""
        return self.generate_batch(
            [prompt],
            [seed],
            seconds=seconds,
            aspect=aspect,
            overrides=overrides,
            reference=reference,
            audio=audio,
            progress=progress,
        )[0]

    def generate_batch(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        *,
        seconds: float,
        aspect: Aspect = "16:9",
        overrides: Overrides = _AS_THE_MODEL,
        reference: np.ndarray | None = None,
        audio: bool = True,
        progress: StageProgress | None = None,
    ) -> list[Clip]:
        """A clip for each prompt and seed, all of one length and size.

        Args:
            prompts: What to show.
            seeds: One non-negative number for each prompt.
            seconds: Length, rounded to whole frames; what is longer than the model samples at once is blended windows.
            aspect: Name of an aspect ratio of the model, or (height, width) in pixels.
            overrides: Of how the model samples video; sound is sampled as the model says.
            reference: uint8 [H, W, 3] picture of who or what is to appear, for the personalized model.
            audio: Whether to make sound.
            progress: Called with (stage, steps done, steps in all).

        Raises:
            RequestRefused: a length, size, prompt, seed or reference that the model does not cover.
            GraphMissing: the model lacks a graph that this needs.
            SamplingFailed: the model produced values that are not finite.
        """
        latents = self.latents(
            prompts, seeds, seconds=seconds, aspect=aspect, overrides=overrides, reference=reference, progress=progress
        )
        frames = self.config.length(seconds)
        return [
            self._clip(latent, frames, prompt, seed, audio=audio, progress=progress)
            for latent, prompt, seed in zip(latents, prompts, seeds, strict=True)
        ]

    def latents(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        *,
        seconds: float,
        aspect: Aspect = "16:9",
        overrides: Overrides = _AS_THE_MODEL,
        reference: np.ndarray | None = None,
        ends: Ends | None = None,
        progress: StageProgress | None = None,
    ) -> list[np.ndarray]:
        """As ``generate_batch``, but the videos' latents, float32 [C, T, h, w] each, neither decoded nor sounded.

        With ``ends`` each video begins or ends with those pictures; RequestRefused too if the model never learned it.
        """
        require_prompts(prompts, seeds)
        frames, size = self.config.length(seconds), self.config.size(aspect)
        if ends is not None:
            ends.require_fits(frames)
        if frames > self.config.max_frames:
            draw = partial(self.long_latent, aspect=aspect, overrides=overrides, reference=reference, ends=ends)
            takes = [[lasting(prompt, frames, self.config.fps)] for prompt in prompts]
            pairs = zip(takes, seeds, strict=True)
            return [draw(take, self.plan(take), seed=seed, progress=progress) for take, seed in pairs]
        shape = self.config.latent_shape(self.config.frames(seconds), size)
        sampler = self.config.sampler.with_overrides(overrides)
        require_plain(sampler, reference, ends)
        plan = caching(sampler, self.config.calibration)
        graph, given = self._graph_given(sampler, reference, ends, frames, size)
        latents: list[np.ndarray] = []
        for start in range(0, len(prompts), _BATCH):
            part = slice(start, start + _BATCH)
            noise = np.stack([noise_of(seed, VIDEO, shape) for seed in seeds[part]])
            condition, null = self._text.conditions(prompts[part])
            more = {name: np.repeat(value, len(noise), axis=0) for name, value in given.items()}
            velocity = flow(graph, {**condition, **more}, {**null, **more}, sampler)
            velocity = led(velocity, given["known"][0]) if "known" in given else velocity
            latents += list(drawn(sampler, velocity, noise, "video", progress, plan))
        return latents

    def edit(
        self,
        frames: np.ndarray,
        instruction: str,
        *,
        seed: int = 0,
        source_guidance: float | None = None,
        overrides: Overrides = _AS_THE_MODEL,
        progress: StageProgress | None = None,
    ) -> Clip:
        """The video ``frames`` (uint8 [F, H, W, 3]) changed as ``instruction`` says; silent.

        The video must be of a size and length that the model generates. Text and source video are guided apart
        (dual guidance), the video with ``source_guidance``, or as the model says; 1 leaves the text's alone.

        Raises:
            RequestRefused, GraphMissing, SamplingFailed: as ``generate_batch``.
        """
        require_prompts([instruction], [seed])
        count = self.config.frames(len(frames) / self.config.fps)
        self.config.size((frames.shape[1], frames.shape[2]))
        sampler = self.config.sampler.with_overrides(overrides)
        require_whole(sampler, "editing")
        source = self.encode(frames)
        condition, null = self._text.conditions([instruction])
        velocity = Guided.dual(
            self.graph("editing_backbone"),
            full={**condition, "source": source},
            source={**null, "source": source},
            null={**null, "source": np.zeros_like(source)},
            text=sampler.guidance,
            video=self.config.source_guidance if source_guidance is None else source_guidance,
            interval=sampler.guidance_interval,
        )
        latent = drawn(sampler, velocity, noise_of(seed, VIDEO, source.shape[1:])[None], "edit", progress)[0]
        return self._clip(latent, count, instruction, seed, audio=False, progress=progress)

    @property
    def sounding(self) -> Sounding:
        """Makes sound for latents. Raises GraphMissing for a model without sound."""
        return Sounding(self.graph("audio_backbone"), self.graph("audio_decode"), self._text, self.config)

    def plan(
        self,
        shots: Sequence[Shot],
        window: int | None = None,
        overlap: int | None = None,
        joined: Joined = "blended",
    ) -> Plan:
        """Where shots and windows lie.

        Args:
            shots: What to show.
            window: Latent frames that the model samples at once; None: as many as it can.
            overlap: Those that two share at least; None: half of a blended window, a quarter of a continued one.
            joined: How windows become one video.

        Raises:
            RequestRefused: shots or windows that the model does not cover.
        """
        longest = self.config.max_frames // LATENT_STRIDE
        size = longest if window is None else window
        if not 1 <= size <= longest:
            raise RequestRefused(f"a window of {size} latent frames does not fit this model: 1 to {longest}")
        shared = size // 2 if joined == "blended" else -(-size // 4)
        rate = self.config.fps / LATENT_STRIDE
        return laid_out(shots, rate, size, shared if overlap is None else overlap, joined)

    def long_latent(
        self,
        shots: Sequence[Shot],
        plan: Plan,
        *,
        seed: int = 0,
        aspect: Aspect = "16:9",
        overrides: Overrides = _AS_THE_MODEL,
        reference: np.ndarray | None = None,
        ends: Ends | None = None,
        progress: StageProgress | None = None,
    ) -> np.ndarray:
        """The latent [C, T, h, w] of a video of any length, window by window, joined as its plan says.

        Args:
            shots: What to show.
            plan: Of these shots.
            seed: Non-negative.
            aspect: As for ``generate_batch``.
            overrides: As for ``generate_batch``.
            reference: As for ``generate_batch``; blended windows only.
            ends: Pictures that the first window begins and the last one ends with; blended windows only.
            progress: As for ``generate_batch``.

        Raises:
            RequestRefused, GraphMissing, SamplingFailed: as ``generate_batch``.
        """
        require_prompts([shot.prompt for shot in shots], [seed] * len(shots))
        size = self.config.size(aspect)
        shape = (self.config.latent_channels, plan.length, *self.config.latent_shape(1, size)[2:])
        if plan.joined == "continued":
            if reference is not None or ends is not None:
                raise RequestRefused("windows that go on from the last do not combine with pictures: blend them")
            draw = partial(self.next_latent, overrides=overrides)
            return one_after_the_other(draw, shots, plan, shape, seed, progress)
        sampler = self.config.sampler.with_overrides(overrides)
        require_plain(sampler, reference, ends)
        graph, given = self._graph_given(sampler, reference, None, LATENT_STRIDE, size)
        guided = [self._flow_of(shot.prompt, graph, given, sampler) for shot in shots]
        velocities = [guided[shot] for _, shot in plan.windows]
        for place, end in [] if ends is None else ends.among(len(velocities)):
            window, shot = plan.windows[place]
            graph, given = self._graph_given(sampler, reference, end, LATENT_STRIDE * window.length, size)
            velocities[place] = led(self._flow_of(shots[shot].prompt, graph, given, sampler), given["known"][0])
        velocity = Windowed([window for window, _ in plan.windows], velocities, plan.length, axis=2)
        caches = caching(sampler, self.config.calibration)
        return drawn(sampler, velocity, noise_of(seed, VIDEO, shape)[None], "video", progress, caches)[0]

    def guided(
        self, prompts: Sequence[str], seeds: Sequence[int], *, seconds: float, aspect: Aspect = "16:9"
    ) -> tuple[Velocity, np.ndarray]:
        """The velocity of videos of ``prompts``, all in one call of the backbone, and the noise they begin with."""
        require_prompts(prompts, seeds)
        shape = self.config.latent_shape(self.config.frames(seconds), self.config.size(aspect))
        noise = np.stack([noise_of(seed, VIDEO, shape) for seed in seeds])
        return flow(self.graph("backbone"), *self._text.conditions(prompts), self.config.sampler), noise

    def sampling(self, overrides: Overrides = _AS_THE_MODEL) -> str:
        """How video is sampled, in words: for records. Raises as ``latents``."""
        sampler = self.config.sampler.with_overrides(overrides)
        words = told(sampler, caching(sampler, self.config.calibration))
        return words if self._variant == FULL else f"{words}, {self._variant} weights"

    def unread(self, *prompts: str) -> str:
        """What of prompts is beyond what the text encoders read; empty where they read all."""
        return " / ".join(filter(None, map(self._text.unread, prompts)))

    @property
    def ran_on(self) -> str:
        """The providers that its graphs have run by so far, in words that go on from those of ``sampling``."""
        ran = {graph.provider for graph in self.graphs.values() if isinstance(graph, OnnxGraph) and graph.started}
        return f", on {' and '.join(sorted(ran))}" if ran else ""

    def next_latent(
        self,
        prompt: str,
        before: np.ndarray | None,
        shape: tuple[int, int, int, int],
        *,
        seed: int = 0,
        overrides: Overrides = _AS_THE_MODEL,
        progress: StageProgress | None = None,
    ) -> np.ndarray:
        """A latent of ``shape`` [C, T, h, w] that begins with the frames ``before`` [C, K, h, w] and goes on from them.

        A model that takes known frames is told them; of another one only the noise of these frames is led to them.

        Raises:
            RequestRefused, GraphMissing, SamplingFailed: as ``generate_batch``.
        """
        require_prompts([prompt], [seed])
        sampler = self.config.sampler.with_overrides(overrides)
        require_whole(sampler, "windows that go on from the last")
        noise = noise_of(seed, VIDEO, shape)[None]
        graph, given = self.graph("backbone"), dict[str, np.ndarray]()
        if before is not None and KNOWN in self.graphs:
            graph, given = self.graph(KNOWN), {"known": frames_known(before, shape[1])[None]}
        velocity = self._flow_of(prompt, graph, given, sampler)
        if before is not None:
            velocity = Continued(velocity, noise, before[None])
        return drawn(sampler, velocity, noise, "video", progress)[0]

    def encode(self, frames: np.ndarray) -> np.ndarray:
        """uint8 [F, H, W, 3] as its normalised latent [1, 16, T, h, w]; the last frame is held to fill the last T."""
        missing = -len(frames) % LATENT_STRIDE
        padded = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)])
        return self.graph("autoencoder_encode")(video=from_pixels(padded)[None])

    def decode(self, latent: np.ndarray, frames: int) -> np.ndarray:
        """The first ``frames`` frames of latent [16, T, h, w] as uint8 [frames, 8 h, 8 w, 3]."""
        return to_pixels(self.graph("autoencoder_decode")(latent=latent[None])[0])[:frames]

    def usual_tiles(self, frames: int) -> Tiles:
        """How so many frames are decoded where no budget says: at once as far as they are sampled at once."""
        return WHOLE if frames <= self.config.max_frames else Tiles()

    def frames_of(self, latent: np.ndarray, frames: int, tiles: Tiles) -> Iterator[np.ndarray]:
        """The first ``frames`` frames of latent [C, T, h, w] in pieces uint8 [., 8 h, 8 w, 3] as they are decoded."""
        return stream(self.graph("autoencoder_decode"), latent, frames, tiles)

    @property
    def enlarger(self) -> Enlarger:
        """Brings frames to larger sizes: by the model's upsampler if it has one, else by plain resizing."""
        return Enlarger(self.graphs.get("upsampler"))

    def _clip(
        self, latent: np.ndarray, frames: int, prompt: str, seed: int, *, audio: bool, progress: StageProgress | None
    ) -> Clip:
        pixels = np.concatenate(list(self.frames_of(latent, frames, self.usual_tiles(frames))))
        seconds = frames / self.config.fps
        sound = self.sounding.of_clip(latent, prompt, seconds, seed=seed, progress=progress) if audio else None
        return Clip(pixels, self.config.fps, sound, self.config.sample_rate, latent, prompt, seed)

    def _graph_given(
        self, sampler: Sampler, reference: np.ndarray | None, ends: Ends | None, frames: int, size: tuple[int, int]
    ) -> tuple[Graph, dict[str, np.ndarray]]:
        """The graph that draws a video, and its inputs [1, ...] beside latent, time and text."""
        if ends is not None:
            if reference is not None:
                raise RequestRefused("pictures at the ends do not combine with a reference: give one or the other")
            graph = knowing(self.graphs)
            return graph, {"known": ends_known(ends, frames, size, self.encode)[None]}
        if reference is not None:
            tokens = reference_tokens(self.graph("reference_encoder"), reference, self.config.reference_size)
            return self.graph("personalized_backbone"), {"reference": tokens}
        return self.graph("backbone" if sampler.student is None else "student"), {}

    def _flow_of(self, prompt: str, graph: Graph, given: Mapping[str, np.ndarray], sampler: Sampler) -> Velocity:
        """The velocity of one video."""
        condition, null = self._text.conditions([prompt])
        return flow(graph, {**condition, **given}, {**null, **given}, sampler)

    def graph(self, name: str) -> Graph:
        """A graph by its name. Raises GraphMissing where the model lacks it."""
        if name not in self.graphs:
            raise GraphMissing(f"this model has no graph '{name}', only {', '.join(sorted(self.graphs))}")
        return self.graphs[name]
