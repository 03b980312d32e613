"""Samples of the evaluation prompts, as the checkers see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.code_version import code_version
from assets.evaluation.prompts import Prompt, shares
from assets.evaluation.sight import WEIGHTS, Sight, seen_in
from models.files import sha256_file, sha256_json
from models.recipes import FPS
from serving.pipeline import Pipeline
from serving.sampling.sampler import Overrides

_SHOWN = 4  # frames of each sample that are kept for the contact sheet
_SILENCE, _AUDIBLE = -120.0, -60.0  # dB of full scale


@dataclass(frozen=True)
class Sample:
    """One generated clip and what the checkers see in it.

    Attributes:
        prompt: What was asked for, with its truth.
        seed: Of the noise.
        sight: What the checkers see.
        energy: Mean absolute change between neighbouring frames, in grey levels of 255.
        level: Root mean square of the sound in dB of full scale; -120 is silence.
        frames: A few frames for people, uint8 [4, H, W, 3].
    """

    prompt: Prompt
    seed: int
    sight: Sight
    energy: float
    level: float
    frames: NDArray[np.uint8]

    @property
    def right(self) -> dict[str, bool]:
        """Which of background, kind, colour and motion are as the prompt says."""
        return self.prompt.answered(self.sight)

    @property
    def verdict(self) -> str:
        """What the checkers see, in words; what is not as the prompt says is in capitals."""
        seen = {name: getattr(self.sight, name) or f"no {name}" for name in self.right}
        return ", ".join(value if self.right[name] else value.upper() for name, value in seen.items())

    @property
    def score(self) -> float:
        """Share of background, kind, colour and motion that is right."""
        return float(np.mean(list(self.right.values())))


@dataclass(frozen=True)
class Protocol:
    """How samples are drawn and judged. Scores compare within one protocol only.

    Attributes:
        prompts: What is asked for.
        seeds: One for each sample of a prompt; every prompt has noise of its own.
        seconds: Length of a clip.
        aspect: Its aspect ratio.
        steps: Sampling steps.
        guidance: Guidance scale.
    """

    prompts: Sequence[Prompt]
    seeds: Sequence[int]
    seconds: float
    aspect: str
    steps: int
    guidance: float

    @property
    def name(self) -> str:
        """Sixteen hex digits that change with any of these, with what samples and judges, or the judges' weights."""
        values: list[Any] = [
            [asdict(prompt) for prompt in self.prompts],
            list(self.seeds),
            self.seconds,
            self.aspect,
            self.steps,
            self.guidance,
            code_version(__name__),
            [sha256_file(path) for path in WEIGHTS],
        ]
        return sha256_json(values)[:16]


def draw_samples(pipeline: Pipeline, protocol: Protocol, *, audio: bool = True) -> Iterator[Sample]:
    """A sample of each prompt and seed, in order, with sound unless it is not asked for."""
    count = len(protocol.prompts)
    for first in protocol.seeds:
        seeds = [first * count + place for place in range(count)]
        clips = pipeline.generate_batch(
            [prompt.text for prompt in protocol.prompts],
            seeds,
            seconds=protocol.seconds,
            aspect=protocol.aspect,
            overrides=Overrides(steps=protocol.steps, guidance=protocol.guidance),
            audio=audio,
        )
        for prompt, seed, clip in zip(protocol.prompts, seeds, clips, strict=True):
            yield judged(prompt, seed, clip.frames, clip.audio)


def judged(
    prompt: Prompt, seed: int, frames: NDArray[np.uint8], audio: NDArray[np.float32] | None = None, fps: int = FPS
) -> Sample:
    """What the checkers see in uint8 [F, H, W, 3], and how loud mono sound in [-1, 1] is."""
    shown = np.linspace(0, len(frames) - 1, _SHOWN).round().astype(int)
    change = np.abs(np.diff(frames.astype(np.int16), axis=0)) if len(frames) > 1 else np.zeros(1)
    return Sample(
        prompt,
        seed,
        seen_in(frames, fps),
        float(change.mean()),
        _level(audio),
        frames[shown],
    )


def prompt_scores(samples: Sequence[Sample]) -> dict[str, float]:
    """Mean score of each prompt over its seeds: the pairs that promotion compares."""
    grouped: dict[str, list[float]] = {}
    for sample in samples:
        grouped.setdefault(sample.prompt.text, []).append(sample.score)
    return {text: float(np.mean(values)) for text, values in grouped.items()}


def accuracies(samples: Sequence[Sample]) -> Mapping[str, float]:
    """Shares of samples whose background, object kind, colour and motion are right, that show an object, are heard."""
    right = shares([sample.prompt for sample in samples], [sample.sight for sample in samples])
    return {
        "background_accuracy": right["background"],
        "object_seen": float(np.mean([sample.sight.kind is not None for sample in samples])),
        "object_kind_accuracy": right["kind"],
        "object_colour_accuracy": right["colour"],
        "motion_accuracy": right["motion"],
        "checker_score": float(np.mean([sample.score for sample in samples])),
        "frame_energy": float(np.mean([sample.energy for sample in samples])),
        "audible": float(np.mean([sample.level > _AUDIBLE for sample in samples])),
    }


def _level(audio: NDArray[np.float32] | None) -> float:
    if audio is None or not len(audio):
        return _SILENCE
    return max(_SILENCE, float(20 * np.log10(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-12)))
