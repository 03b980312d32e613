"""Calibration of step caching: how the velocity of a model changes over samples of training prompts."""

from pathlib import Path

from assets.sandbox_corpus.lots import record
from models.recipes import CorpusWorld
from serving.bundle import Bundle
from serving.pipeline import Pipeline
from serving.sampling.caching import Calibration

_PROMPTS = 4  # velocities have thousands of elements each, so that few samples tell
_FIRST = 300_000  # clips of the training split from here on: in no corpus, and not held out
_SECONDS = 2.0


def prompts(world: CorpusWorld, count: int, first: int = _FIRST) -> list[str]:
    """Short captions of a corner that no model was trained on and none is judged by."""
    return [record("video", "train", index, world).short for index in range(first, first + count)]


def calibration(bundle: Path, world: CorpusWorld) -> Calibration:
    """Of the model in a bundle, at the smallest of its sizes, on two seconds."""
    pipeline = Pipeline.from_bundle(Bundle.load(bundle))
    config = pipeline.config
    aspect = min(config.sizes, key=lambda name: config.sizes[name][0] * config.sizes[name][1])
    seconds = min(_SECONDS, config.max_seconds)
    return pipeline.calibrate(prompts(world, _PROMPTS), range(_PROMPTS), seconds=seconds, aspect=aspect)
