"""The fixed evaluation prompts, in the wording of the world's captions, each with the truth that checkers look for."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.checkers.motion import WAY_OF
from assets.checkers.vocabulary import OWN
from assets.evaluation.sight import Sight
from assets.world.wording import said


@dataclass(frozen=True)
class Prompt:
    """A caption, and what a clip that follows it shows.

    Attributes:
        background: Name of the wall's colour, ``red and blue`` for a gradient, or of a backdrop.
        kind, colour, motion: Of the thing. A thing that spins stays where it is: that is all that its path shows.
    """

    text: str
    background: str | None
    kind: str | None
    colour: str | None
    motion: str | None

    @classmethod
    def of(cls, text: str) -> "Prompt":
        """What a short caption of the world asks for, read from its words; None for what it leaves open."""
        told = said(text)
        return cls(text, told.background, told.kind, told.colour or (told.kind and OWN), told.motion)

    def answered(self, sight: Sight) -> dict[str, bool]:
        """Which of background, kind, colour and motion are as asked for; what is not seen is not.

        What the text leaves open, or what no checker judges, is not among the answers.
        """
        asked = {
            "background": (self.background, sight.background),
            "kind": (self.kind, sight.kind),
            "colour": (self.colour, sight.colour),
            "motion": (WAY_OF.get(self.motion or ""), sight.motion),
        }
        return {part: wanted == seen for part, (wanted, seen) in asked.items() if wanted is not None}


def shares(asked: Sequence[Prompt], sights: Sequence[Sight]) -> dict[str, float]:
    """Of each part, the share of the clips that show it as asked, among those whose text names it."""
    answers = [prompt.answered(sight) for prompt, sight in zip(asked, sights, strict=True)]
    parts = dict.fromkeys(part for answer in answers for part in answer)
    found = {part: [answer[part] for answer in answers if part in answer] for part in parts}
    return {part: sum(right) / len(right) for part, right in found.items()}


EVALUATION_PROMPTS = (
    Prompt("a red ball rolls to the left on a blue background", "blue", "ball", "red", "left"),
    Prompt("on a green background, a yellow frog jumps", "green", "frog", "yellow", "jump"),
    Prompt("a white star spins on a black background", "black", "star", "white", "spin"),
    Prompt("a pink fish glides right on a white background", "white", "fish", "pink", "right"),
    Prompt("on a yellow background, a blue spaceship rises", "yellow", "spaceship", "blue", "rise"),
    Prompt("a white key falls on a red background", "red", "key", "white", "fall"),
    Prompt("on a cyan background, a red car drives to the right", "cyan", "car", "red", "right"),
    Prompt("a black tank bounces on a pink background", "pink", "tank", "black", "bounce"),
    Prompt("a yellow robot walks left on a purple background", "purple", "robot", "yellow", "left"),
    Prompt("on an orange background, a blue slime stands still", "orange", "slime", "blue", "still"),
    Prompt("a green saw blade rolls right on a white background", "white", "saw blade", "green", "right"),
    Prompt("on a black background, a cyan shuttle floats up", "black", "shuttle", "cyan", "rise"),
    Prompt("a purple star falls to the ground on a yellow background", "yellow", "star", "purple", "fall"),
    Prompt("on a red background, a black flag stays still", "red", "flag", "black", "still"),
    Prompt("a purple mouse creeps to the right on a cyan background", "cyan", "mouse", "purple", "right"),
    Prompt("on a pink background, a blue coin spins", "pink", "coin", "blue", "spin"),
    Prompt("a green alien walks to the left on a blue background", "blue", "alien", "green", "left"),
    Prompt("on a white background, a green door keeps bouncing", "white", "door", "green", "bounce"),
    Prompt("a pink mushroom does not move on a black background", "black", "mushroom", "pink", "still"),
    Prompt("on a green background, an orange bee flies left", "green", "bee", "orange", "left"),
)
