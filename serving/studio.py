"""Studio: single clips with the champion, finished like a campaign's: sized, levelled, marked, signed, recorded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import BinaryIO

import numpy as np

from models.files import sha256_json
from serving.bundle import Bundle, chosen_variant
from serving.decoding.tiles import Tiles
from serving.errors import RequestRefused, StreamBroken, Unrecorded
from serving.features import LATENT_STRIDE
from serving.film import Film, Made, require_recordable, sides_of
from serving.finishing import Finisher
from serving.home import Home
from serving.known import Ends
from serving.live import SIDES, Chunk, Pace, Prompt, Shown, chunks, until, usual
from serving.media.loudness import stereo
from serving.media.mp4 import write_fragmented
from serving.media.reading import read_start
from serving.media.resize import USUAL, Resolution, cover, delivery_size
from serving.memory import Cut, cut_of
from serving.moderation import require_allowed
from serving.picture_moderation import require_allowed_frames
from serving.pipeline import Pipeline
from serving.provenance import Facts, require_parent
from serving.rewriting import PromptRewriter, rewrite
from serving.sampling.sampler import Overrides
from serving.shots import Joined, Shot, lasting
from serving.sounding import Sounding

Progress = Callable[[str, int, int], None]
_AS_THE_MODEL = Overrides()


class Studio:
    """Makes single clips in one home. Loads the champion once, at first use."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @cached_property
    def _bundle(self) -> Bundle:
        return Bundle.load(self._home.champion, variant=chosen_variant())

    @cached_property
    def _pipeline(self) -> Pipeline:
        return Pipeline.from_bundle(self._bundle)

    @cached_property
    def _finisher(self) -> Finisher:
        return Finisher(self._home, self._bundle)

    @property
    def _ready(self) -> Pipeline:
        """The pipeline, when what a finished film needs is there too."""
        pipeline = self._pipeline
        self._finisher.require_ready()
        return pipeline

    def generate(
        self,
        prompts: Sequence[str],
        outputs: Sequence[Path],
        seeds: Sequence[int],
        *,
        seconds: float,
        aspect: str,
        fps: int | None = None,
        resolution: Resolution = USUAL,
        audio: bool = True,
        image: Path | None = None,
        last_image: Path | None = None,
        rewriter: PromptRewriter | None = None,
        overrides: Overrides = _AS_THE_MODEL,
        memory: int | None = None,
        progress: Progress | None = None,
    ) -> list[Made]:
        """A clip with sound of each prompt, written to the output beside it.

        Args:
            prompts: What to show; screened first.
            outputs: The mp4s; each appears whole.
            seeds: The numbers that the noise is drawn from.
            seconds: Length; what is longer than the model samples at once is blended windows.
            aspect: The model's name of a ratio, ``16:9`` for one.
            fps: Frames a second, one of those that the model was trained at; None: its usual ones.
            resolution: Of the file; the model's upsampler brings frames to it, if there is one.
            audio: Whether to make sound.
            image: File of the picture that every clip begins with; None: the model's own.
            last_image: Of the one that it ends with.
            rewriter: Rewrites the prompt, which is then screened again; None: it is used as it is.
            overrides: Of how the model samples video.
            memory: Bytes that pictures may take from latent to file beside what is in use; None: clips stay whole.
            progress: Called with (stage, steps done, steps in all).

        Raises:
            BundleMissing, BundleDamaged: there is no usable champion.
            PromptRefused: the content policy does not allow the prompt.
            RewritingFailed: there is no rewritten prompt, or the content policy does not allow it.
            RequestRefused: the model does not cover the length, the aspect ratio or the pictures.
            MediaError: a picture cannot be read.
            PictureRefused, ModerationMissing: the content policy does not allow a picture, or nothing can tell.
        """
        require_recordable(outputs, seeds, [image, last_image])
        for prompt in prompts:
            require_allowed(prompt)
        pipeline, ends = self._ready.at(fps), Ends.read(image, last_image)
        count, size = pipeline.config.length(seconds), delivery_size(aspect, resolution)
        cut = cut_of(pipeline, aspect, count, size, memory, pipeline.usual_tiles(count))
        rewrites = [None if rewriter is None else rewrite(prompt, rewriter) for prompt in prompts]
        texts = [prompt if new is None else new.text for prompt, new in zip(prompts, rewrites, strict=True)]
        sounding = pipeline.sounding if audio else None
        latents = pipeline.latents(
            texts, seeds, seconds=seconds, aspect=aspect, overrides=overrides, ends=ends, progress=progress
        )
        way = pipeline.sampling(overrides) + ("" if ends is None else f", {ends.named}")
        if count > pipeline.config.max_frames:
            way += f", {pipeline.plan([lasting(texts[0], count, pipeline.config.fps)]).told}"
        way += pipeline.ran_on
        films = [
            self._film(pipeline, latent, count, text, seed, cut, way, sounding, progress)
            for latent, text, seed in zip(latents, texts, seeds, strict=True)
        ]
        made, unrecorded = list[Made](), list[Unrecorded]()
        for film, output, prompt, seed, new in zip(films, outputs, prompts, seeds, rewrites, strict=True):
            try:
                made.append(self._finisher.finish(output, film, size, prompt, seed, rewritten=new))
            except Unrecorded as error:
                unrecorded.append(error)
        if unrecorded:
            raise Unrecorded("; ".join(map(str, unrecorded)))
        return made

    def long(
        self,
        shots: Sequence[Shot],
        output: Path,
        *,
        seed: int,
        aspect: str,
        fps: int | None = None,
        resolution: Resolution = USUAL,
        audio: bool = True,
        joined: Joined = "blended",
        window: int | None = None,
        overlap: int | None = None,
        overrides: Overrides = _AS_THE_MODEL,
        memory: int | None = None,
        progress: Progress | None = None,
    ) -> Made:
        """A video of any length, a prompt a shot, written as it is decoded.

        Pictures take the same memory whatever the length, sound about four MiB a second while it is levelled.

        Args:
            shots: What to show; screened first.
            output: The mp4; it appears whole.
            seed: The number that the noise is drawn from.
            aspect: As for ``generate``.
            fps: As for ``generate``.
            resolution: As for ``generate``.
            audio: Whether to make sound.
            joined: How windows become one video.
            window: Latent frames that the model samples at once; None: as many as it can.
            overlap: Those that two windows share at least; None: as ``Pipeline.plan`` says.
            overrides: Of how the model samples video.
            memory: Bytes that pictures may take from latent to file beside what is in use; None: tiles of 32 frames.
            progress: Called with (stage, steps done, steps in all).

        Raises:
            As ``generate``, rewriting aside.
        """
        require_recordable([output], [seed])
        for shot in shots:
            require_allowed(shot.prompt)
        pipeline = self._ready.at(fps)
        plan, config = pipeline.plan(shots, window, overlap, joined), pipeline.config
        count, size = round(sum(shot.seconds for shot in shots) * config.fps), delivery_size(aspect, resolution)
        cut = cut_of(pipeline, aspect, count, size, memory, Tiles())
        sounding = pipeline.sounding if audio else None
        latent = pipeline.long_latent(shots, plan, seed=seed, aspect=aspect, overrides=overrides, progress=progress)
        sound = None
        if sounding is not None:
            heard = sounding.of_film(latent, shots, plan, seed=seed, progress=progress)
            sound = stereo(heard[: count * config.sample_rate // config.fps])
        takes = (
            pipeline.frames_of(
                latent[:, one.places], min(LATENT_STRIDE * one.length, count - LATENT_STRIDE * one.start), cut.tiles
            )
            for one in plan.takes
        )
        way = f"{pipeline.sampling(overrides)}, {plan.told}{pipeline.ran_on}"
        unread = pipeline.unread(*(shot.prompt for shot in shots))
        film = Film(takes, count, config.fps, sound, config.sample_rate, sides_of(latent), cut.enlarger, way, unread)
        prompt = " / ".join(f"{shot.seconds:g} s: {shot.prompt}" for shot in shots)
        return self._finisher.finish(output, film, size, prompt, seed)

    def stream(
        self,
        prompt: Prompt,
        output: Path | BinaryIO,
        *,
        seed: int,
        aspect: str,
        told: Callable[[Chunk], bool],
        seconds: float | None = None,
        ahead: float | None = None,
        overrides: Overrides | None = None,
    ) -> Made | None:
        """Silent video that is marked and written while it is made, in fragments; the short side has 128 pixels.

        Args:
            prompt: What to show; may change meanwhile.
            output: The mp4, which appears whole and signed when the stream ends; or bytes, marked but not signed.
            seed: The number that the noise is drawn from.
            aspect: ``1:1``, ``16:9`` or ``9:16``.
            told: Called with each chunk; False ends the stream with that one.
            seconds: How long; None: until ``told`` ends it.
            ahead: Seconds that it may be ahead of who watches; None: as far as it gets.
            overrides: Of how the model samples; None: in at most twelve steps.

        Returns:
            The file; None for bytes.

        Raises:
            BundleMissing, BundleDamaged, RequestRefused, MediaError: as ``generate``.
            StreamBroken: it could not go on after its first chunk; the file holds, signed, what was made until then.
        """
        require_recordable([output] if isinstance(output, Path) else [], [seed])
        if seconds is not None and not isfinite(seconds):
            raise RequestRefused(f"a stream of {seconds} s has no end: leave the length out, and interrupt it")
        pipeline = self._ready if isinstance(output, Path) else self._pipeline
        fps, shown = pipeline.config.fps, Shown()
        overrides = overrides or usual(pipeline.config)
        way = pipeline.sampling(overrides)
        made = chunks(pipeline, prompt, seed=seed, aspect=aspect, overrides=overrides, pace=Pace(fps, ahead))
        size = 2 * SIDES[aspect][0], 2 * SIDES[aspect][1]
        count = None if seconds is None else round(seconds * fps)
        method = pipeline.enlarger.method(SIDES[aspect], size)
        version = str(self._bundle.lineage["model_version"])
        record = sha256_json(["stream", prompt.text, seed, version, *size, method, way])
        larger = pipeline.enlarger(shown.frames(until(made, count, told)), size)
        marked = shown.kept(self._finisher.marked(larger, record))

        def facts() -> Facts:
            return self._finisher.facts(" / ".join(shown.prompts), seed, record, method, way + pipeline.ran_on)

        result = self._finisher.stream(output, marked, fps, size, facts) if isinstance(output, Path) else None
        if not isinstance(output, Path):
            write_fragmented(output, marked, fps)
        if shown.failure is not None:
            kept = "" if result is None else f"; what was made until then is in {result.path}, signed"
            raise StreamBroken(f"the stream could not go on: {shown.failure}{kept}") from shown.failure
        return None if result is None else replace(result, unread=pipeline.unread(*shown.prompts))

    def _film(
        self,
        pipeline: Pipeline,
        latent: np.ndarray,
        count: int,
        text: str,
        seed: int,
        cut: Cut,
        way: str,
        sounding: Sounding | None,
        progress: Progress | None,
    ) -> Film:
        """A latent with its sound, to be decoded as it is written."""
        config, sound = pipeline.config, None
        if sounding is not None:
            sound = stereo(sounding.of_clip(latent, text, count / config.fps, seed=seed, progress=progress))
        takes = [pipeline.frames_of(latent, count, cut.tiles)]
        size, unread = sides_of(latent), pipeline.unread(text)
        return Film(takes, count, config.fps, sound, config.sample_rate, size, cut.enlarger, way, unread)

    def edit(
        self,
        video: Path,
        instruction: str,
        output: Path,
        *,
        seed: int,
        source_guidance: float | None = None,
        overrides: Overrides = _AS_THE_MODEL,
        progress: Progress | None = None,
    ) -> Made:
        """The mp4 ``video`` changed as ``instruction`` says, with its own sound, written to ``output``.

        What is longer than the model covers is cut. The signature names ``video`` as the parent. Guidance and sampling
        are as for ``Pipeline.edit``.

        Raises:
            MediaError: the video cannot be read.
            PictureRefused, ModerationMissing: the content policy does not allow it, or nothing can tell.
            SigningFailed: no signature can name it as the parent.
            Also what ``generate`` raises.
        """
        require_recordable([output], [seed], [video])
        require_allowed(instruction)
        pipeline = self._ready
        config = pipeline.config
        original = read_start(video, config.fps, config.max_frames)
        height, width = original.frames.shape[1:3]
        ratio = np.log(width / height)
        aspect = min(config.sizes, key=lambda name: abs(np.log(config.sizes[name][1] / config.sizes[name][0]) - ratio))
        require_allowed_frames(original.frames, config.fps, video)
        require_parent(video)
        source = cover(original.frames, config.sizes[aspect])
        clip = pipeline.edit(
            source, instruction, seed=seed, source_guidance=source_guidance, overrides=overrides, progress=progress
        )
        sound = None
        if original.audio is not None:
            sound = original.audio[: round(clip.seconds * original.sample_rate), :2]
        enlarger, way, unread = pipeline.enlarger, pipeline.sampling(overrides), pipeline.unread(instruction)
        way += "" if source_guidance is None else f", source guidance {source_guidance:g}"
        way += pipeline.ran_on
        takes, size = [[clip.frames]], clip.frames.shape[1:3]
        film = Film(takes, len(clip.frames), clip.fps, sound, original.sample_rate, size, enlarger, way, unread)
        return self._finisher.finish(output, film, delivery_size(aspect), instruction, seed, parent=video)
