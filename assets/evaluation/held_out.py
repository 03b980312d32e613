"""Held-out clips of the sandbox world and the prompts that they answer. Whoever judges takes other places."""

from dataclasses import replace
from typing import Literal

from assets.evaluation.prompts import Prompt
from assets.sandbox_corpus.lots import corner, seed_of
from assets.world.captions import short
from assets.world.draw import draw
from assets.world.lasting import lasting
from assets.world.physics import simulate
from assets.world.spec import WorldSpec
from models.recipes import CorpusWorld


def held_out_spec(
    world: CorpusWorld, place: int, seconds: float, split: Literal["validation", "unseen"] = "validation"
) -> tuple[WorldSpec, Prompt]:
    """Clip number ``place`` that no training sees, and its short caption as a prompt.

    Args:
        world: The corner that it is drawn from.
        place: Its number.
        seconds: How long its action lasts.
        split: In ``unseen`` each thing is in a colour or a motion that training never gives it.
    """
    options = replace(corner(world, "validation"), split=split)
    spec = lasting(draw(seed_of("video", "validation", place), options), seconds)
    return spec, Prompt.of(short(spec, simulate(spec, spec.seconds), moving=True))
