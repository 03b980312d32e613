"""Samples of the evaluation prompts, as the judges see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.code_version import code_version
from assets.corpus import judges
from assets.corpus.prompts import Prompt
from models.files import sha256_json
from serving.pipeline import Pipeline

_SHOWN = 4  # frames of each sample that are kept for the contact sheet
_SILENCE, _AUDIBLE = -120.0, -60.0  # dB of full scale


@dataclass(frozen=True)
class Sample:
    """One generated clip and what the judges say of it.

    Attributes:
        prompt: What was asked for, with its truth.
        seed: Of the noise.
        background, colour, motion: What the judges see; None where they see nothing.
        energy: Mean absolute change between neighbouring frames, in grey levels of 255.
        level: Root mean square of the sound in dB of full scale; -120 is silence.
        frames: A few frames for people, uint8 [4, H, W, 3].
    """

    prompt: Prompt
    seed: int
    background: str
    colour: str | None
    motion: str | None
    energy: float
    level: float
    frames: NDArray[np.uint8]

    @property
    def right(self) -> dict[str, bool]:
        """Which of background, colour and motion are as the prompt says."""
        return {
            "background": self.background == self.prompt.background,
            "colour": self.colour == self.prompt.colour,
            "motion": self.motion == self.prompt.motion,
        }

    @property
    def verdict(self) -> str:
        """What the judges see, in words; what is not as the prompt says is in capitals."""
        seen = {
            "background": self.background,
            "colour": self.colour or "no object",
            "motion": self.motion or "no motion",
        }
        return ", ".join(value if self.right[name] else value.upper() for name, value in seen.items())

    @property
    def score(self) -> float:
        """Share of background, colour and motion that is right."""
        return float(np.mean(list(self.right.values())))


@dataclass(frozen=True)
class Protocol:
    """How samples are drawn and judged. Scores compare within one protocol only.

    Attributes:
        prompts: What is asked for.
        seeds: Noise seeds of each prompt.
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
        """Sixteen hex digits that change with any of these, or with the judges' code."""
        values: list[Any] = [
            [prompt.text for prompt in self.prompts],
            list(self.seeds),
            self.seconds,
            self.aspect,
            self.steps,
            self.guidance,
            code_version("assets.corpus.judges"),
        ]
        return sha256_json(values)[:16]


def draw_samples(pipeline: Pipeline, protocol: Protocol) -> Iterator[Sample]:
    """A sample, with sound, of each prompt and seed, in order."""
    for seed in protocol.seeds:
        clips = pipeline.generate_batch(
            [prompt.text for prompt in protocol.prompts],
            [seed] * len(protocol.prompts),
            seconds=protocol.seconds,
            aspect=protocol.aspect,
            steps=protocol.steps,
            guidance=protocol.guidance,
        )
        for prompt, clip in zip(protocol.prompts, clips, strict=True):
            yield judged(prompt, seed, clip.frames, clip.audio)


def judged(prompt: Prompt, seed: int, frames: NDArray[np.uint8], audio: NDArray[np.float32] | None = None) -> Sample:
    """What the judges say of uint8 [F, H, W, 3] and of mono sound in [-1, 1]."""
    shown = np.linspace(0, len(frames) - 1, _SHOWN).round().astype(int)
    change = np.abs(np.diff(frames.astype(np.int16), axis=0)) if len(frames) > 1 else np.zeros(1)
    return Sample(
        prompt,
        seed,
        judges.background_colour(frames),
        judges.object_colour(frames),
        judges.motion(frames),
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
    """Share of samples whose background, object colour and motion are right, that move at all, and that are heard."""
    return {
        "background_accuracy": float(np.mean([sample.right["background"] for sample in samples])),
        "object_colour_accuracy": float(np.mean([sample.right["colour"] for sample in samples])),
        "motion_accuracy": float(np.mean([sample.right["motion"] for sample in samples])),
        "checker_score": float(np.mean([sample.score for sample in samples])),
        "frame_energy": float(np.mean([sample.energy for sample in samples])),
        "audible": float(np.mean([sample.level > _AUDIBLE for sample in samples])),
    }


def _level(audio: NDArray[np.float32] | None) -> float:
    if audio is None or not len(audio):
        return _SILENCE
    return max(_SILENCE, float(20 * np.log10(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-12)))
