"""What the checkers see in samples of a backbone that is still to be chosen, on prompts of their own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from assets.evaluation.held_out import held_out_spec
from assets.evaluation.prompts import Prompt
from assets.evaluation.samples import Protocol, Sample, draw_samples
from assets.evaluation.serving_config import serving_config
from models.recipes import Profile

_FIRST = 1 << 22  # held-out clips from here on: the quality report and the benches ask for others


def candidate_prompts(profile: Profile, count: int) -> tuple[Prompt, ...]:
    """Held-out prompts of one thing each, in the profile's world; the evaluation's prompts are not among them."""
    world = replace(profile.world, objects=(1, 1), people=0.0, meetings=0.0)
    seconds = profile.frames_high / serving_config(profile).fps
    return tuple(held_out_spec(world, _FIRST + number, seconds)[1] for number in range(count))


def candidate_protocol(profile: Profile, count: int) -> Protocol:
    """How candidates are sampled: as the quality report samples, without sound, one seed a prompt."""
    config = serving_config(profile)
    return Protocol(
        prompts=candidate_prompts(profile, count),
        seeds=(0,),
        seconds=profile.frames_high / config.fps,
        aspect="16:9",
        steps=config.sampler.steps,
        guidance=config.sampler.guidance,
    )


def candidate_samples(backbone: Path, autoencoder: Path, profile: Profile, count: int, scratch: Path) -> list[Sample]:
    """A silent sample of each of ``count`` prompts.

    Args:
        backbone: Folder of the candidate.
        autoencoder: Folder of the one whose latents it makes.
        profile: Whose world, sizes and sampler.
        count: Prompts.
        scratch: For what is written on the way.
    """
    from models.export.graphs import torch_graphs
    from models.text.encoders import save_tokenizers
    from serving.pipeline import Pipeline

    graphs = torch_graphs({"backbone": backbone, "autoencoder": autoencoder})
    pipeline = Pipeline(graphs, save_tokenizers(profile.backbone.text, scratch), serving_config(profile))
    return list(draw_samples(pipeline, candidate_protocol(profile, count), audio=False))


def mean_score(samples: Sequence[Sample]) -> float:
    """Mean share of what the prompts ask for that is seen."""
    return float(np.mean([sample.score for sample in samples]))
