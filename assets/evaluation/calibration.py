"""Calibration of step caching: how the velocity of a model changes over samples of training prompts."""

from pathlib import Path

from assets.sandbox_corpus.lots import record
from models.recipes import CorpusWorld
from serving.bundle import Bundle
from serving.pipeline import Pipeline
from serving.sampling.caching import Calibration, calibrated

_PROMPTS = 4  # velocities have thousands of elements each, so that few samples tell
_FIRST = 300_000  # clips of the training split from here on: in no corpus, and not held out


def prompts(world: CorpusWorld, count: int, first: int = _FIRST) -> list[str]:
    """Short captions of a corner that no model was trained on and none is judged by."""
    return [record("video", "train", index, world).short for index in range(first, first + count)]


def calibration(bundle: Path, world: CorpusWorld) -> Calibration:
    """Of the model in a bundle, at the largest of its sizes and as long as it samples at once: reuse is worst there."""
    pipeline = Pipeline.from_bundle(Bundle.load(bundle))
    texts, size = prompts(world, _PROMPTS), pipeline.config.largest
    velocity, noise = pipeline.guided(texts, range(_PROMPTS), seconds=pipeline.config.max_seconds, aspect=size)
    return calibrated(velocity, noise, pipeline.config.sampler)
