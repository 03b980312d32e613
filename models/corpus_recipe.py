"""Recipe of the sandbox corpus: the corner of the world that it shows, and how much of it. Imports no torch."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class CorpusWorld:
    """The corner of the sandbox world that the corpus is drawn from, in the world's own words.

    What is named twice comes twice as often. The camera is at rest, and nothing is written over the picture.

    Attributes:
        kinds: Of things; empty for all that there are.
        sizes, motions, backgrounds: To choose from.
        objects: Fewest and most things in a clip.
        edits: What editing clips change.
        own_colours: Share of the things that keep the colours of their drawing; the others are dyed.
        people: Share of the clips, beside those of personalization, whose first thing is a person.
        meetings: Probability that the first thing meets another one.
        wander: How far from its usual place a thing may begin, as a share of what the world allows. Captions do not
            say it, and what is left open is what a model learns last.
        long_captions: Share of the captions that are the long ones, cut at the text's length.
    """

    kinds: tuple[str, ...]
    sizes: tuple[Literal["small", "medium", "big"], ...]
    motions: tuple[Literal["still", "left", "right", "rise", "fall", "bounce", "jump", "spin"], ...]
    backgrounds: tuple[Literal["plain", "gradient", "layered"], ...]
    edits: tuple[Literal["recolour", "replace", "add", "remove", "background", "style", "motion"], ...]
    objects: tuple[int, int] = (1, 1)
    own_colours: float = 0.1
    people: float = 0.0
    meetings: float = 0.0
    wander: float = 0.3
    long_captions: float = 0.1

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "CorpusWorld":
        """The corner whose ``asdict`` went through JSON."""
        plain: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
        return cls(**plain)


@dataclass(frozen=True)
class CorpusSize:
    """How many clips of each kind the sandbox corpus holds for training.

    Attributes:
        videos_high: How many of the videos are encoded at the high sizes too: the dear ones.
        validation: Held-out clips of each kind.
        pairs: Each of personalization and editing.
        pairs_high: How many of the pairs are encoded at the high sizes, the others at the low one.
    """

    images: int = 1024
    videos: int = 384
    videos_high: int = 96
    validation: int = 24
    pairs: int = 128
    pairs_high: int = 24
    sounds: int = 144
