"""Variants: the films that a brief asks for, each with its own name, prompt and seed."""

import hashlib
from dataclasses import dataclass

from serving.campaign.brief import Brief
from serving.rewriting import Rewrite


@dataclass(frozen=True)
class Variant:
    """One film.

    Attributes:
        id: Its name: audience, locale and ratio; also its file's.
        audience, locale, ratio: Where it stands in the brief.
        prompt: What is asked for.
        message: What its end card says.
        seed: The number that its noise is drawn from. Locales share it: only their end cards differ.
        rewrite: Of the prompt, if it was rewritten.
    """

    id: str
    audience: str
    locale: str
    ratio: str
    prompt: str
    message: str
    seed: int
    rewrite: Rewrite | None = None

    @property
    def text(self) -> str:
        """What the model is given."""
        return self.prompt if self.rewrite is None else self.rewrite.text

    @property
    def take(self) -> str:
        """Name of the generation that its locales share."""
        return f"{self.audience}_{_file(self.ratio)}"


def variants(brief: Brief) -> list[Variant]:
    """Every audience x ratio x locale of ``brief``, those that share a take side by side."""
    return [
        Variant(
            id=f"{audience.name}_{tag.lower()}_{_file(ratio)}",
            audience=audience.name,
            locale=tag,
            ratio=ratio,
            prompt=brief.prompt(audience),
            message=brief.text(tag),
            seed=_seed(brief, audience.name, ratio),
        )
        for audience in brief.audiences
        for ratio in brief.aspect_ratios
        for tag in brief.locales
    ]


def _file(ratio: str) -> str:
    return ratio.replace(":", "x")


def _seed(brief: Brief, *parts: str) -> int:
    """31 bits that depend on the campaign, its seed and the parts alone."""
    digest = hashlib.sha256("\0".join([brief.id, str(brief.seed), *parts]).encode()).digest()
    return int.from_bytes(digest[:4]) >> 1
