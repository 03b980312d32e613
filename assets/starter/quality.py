"""What the starter backbone is worth: samples of held-out prompts in the checkers' eyes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assets.checkers.scores import wilson
from assets.evaluation.held_out import held_out_spec
from assets.evaluation.prompts import Prompt
from assets.evaluation.serving_config import serving_config
from assets.evaluation.sight import Sight, seen_in
from assets.starter.latents import FRAMES, SIDE
from assets.world.render import pictures
from models.recipes import FPS, CorpusWorld, demo
from models.starter import AUTOENCODER

Frames = NDArray[np.uint8]
Figures = dict[str, float]
PARTS: Mapping[str, str] = {"object": "kind", "colour": "colour", "motion": "motion", "background": "background"}
"""Names of the figures, and of the answers that they are shares of."""

_FIRST = 1 << 20  # held-out clips from here on: no training and no other evaluation looks at them
_BATCH = 40  # prompts between two reports


@dataclass(frozen=True)
class Form:
    """Size, length and frame rate of clips.

    Attributes:
        height, width: Pixels.
        frames: Of a clip.
        fps: Frames a second.
    """

    height: int = SIDE
    width: int = SIDE
    frames: int = FRAMES
    fps: int = FPS


USUAL = Form()
FORMS = {"usual": USUAL, "wide": Form(64, 112, 2 * FRAMES), "fast": Form(64, 112, 2 * FRAMES, 24)}
"""The forms that the starter is judged at, by name."""


@dataclass(frozen=True)
class Asked:
    """Prompts and clips that show what they ask for.

    Attributes:
        prompts: Short captions.
        clips: uint8 [F, H, W, 3] each.
    """

    prompts: tuple[Prompt, ...]
    clips: tuple[Frames, ...]


def asked(world: CorpusWorld, split: Literal["validation", "unseen"], count: int, form: Form = USUAL) -> Asked:
    """Held-out clips of a corner; in ``unseen`` each thing is in a colour or a motion that training never gives it.

    As in training, an action lasts as long at any frame rate.
    """
    prompts, clips = [], []
    for index in range(count):
        spec, prompt = held_out_spec(world, _FIRST + index, form.frames / FPS, split)
        prompts.append(prompt)
        clips.append(pictures(spec, form.height, form.width, form.fps, form.frames))
    return Asked(tuple(prompts), tuple(clips))


def sampled(
    backbone: Path,
    prompts: Sequence[Prompt],
    progress: Callable[[int, int], None] | None = None,
    form: Form = USUAL,
) -> list[Frames]:
    """A clip uint8 [F, H, W, 3] of each prompt, as the demo's models are sampled; seeds are the prompts' places.

    Args:
        backbone: Folder of the model; its latents are the starter autoencoder's.
        prompts: What to show.
        progress: Called with (prompts done, prompts in all).
        form: What the clips are.
    """
    from models.backbone import load_backbone
    from models.export.graphs import torch_graphs
    from models.text.encoders import save_tokenizers
    from serving.pipeline import Pipeline

    found: list[Frames] = []
    together = max(1, _BATCH * SIDE**2 * FRAMES // (form.height * form.width * form.frames))
    with TemporaryDirectory() as scratch:
        tokenizers = save_tokenizers(load_backbone(backbone).config.text, Path(scratch))
        graphs = torch_graphs({"backbone": backbone, "autoencoder": AUTOENCODER})
        pipeline = Pipeline(graphs, tokenizers, serving_config(demo())).at(form.fps)
        size, seconds = (form.height, form.width), form.frames / form.fps
        for start in range(0, len(prompts), together):
            texts = [prompt.text for prompt in prompts[start : start + together]]
            seeds = range(start, start + len(texts))
            clips = pipeline.generate_batch(texts, seeds, seconds=seconds, aspect=size, audio=False)
            found += [clip.frames for clip in clips]
            if progress is not None:
                progress(len(found), len(prompts))
    return found


def sights(clips: Sequence[Frames], fps: int = FPS) -> list[Sight]:
    """What the checkers see in clips."""
    return [seen_in(clip, fps) for clip in clips]


def scored(prompts: Sequence[Prompt], seen: Sequence[Sight], name: str = "") -> Figures:
    """Of each part, the share of the clips that show it as asked, with Wilson's 95% interval.

    Args:
        prompts: Of which at least one asks for each part.
        seen: What is seen in the clip of each.
        name: Put before the figures' names.
    """
    answers = [prompt.answered(sight) for prompt, sight in zip(prompts, seen, strict=True)]
    figures: Figures = {}
    for figure, part in PARTS.items():
        right = [answer[part] for answer in answers if part in answer]
        share = sum(right) / len(right)
        low, high = wilson(share, len(right))
        key = f"{name}_{figure}" if name else figure
        figures |= {key: share, f"{key}_low": low, f"{key}_high": high}
    return figures


def exchanged(prompts: Sequence[Prompt]) -> list[Prompt]:
    """The prompts in another order: each clip is then judged by what another one was to show."""
    order = np.random.default_rng(0).permutation(len(prompts))
    return [prompts[place] for place in order]
