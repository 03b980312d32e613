"""The fixed evaluation prompts, each with the truth that the judges look for. They name every background."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """A caption and what a clip that follows it shows: colour names, shape and motion of the corpus."""

    text: str
    background: str
    colour: str
    shape: str
    motion: str


EVALUATION_PROMPTS = (
    Prompt("a big red circle moves left on a blue background", "blue", "red", "circle", "left"),
    Prompt("green background, a yellow square bouncing", "green", "yellow", "square", "bounces"),
    Prompt("on a white background, a black star spins", "white", "black", "star", "spins"),
    Prompt("a pink cross moves right on a black background", "black", "pink", "cross", "right"),
    Prompt("a big blue triangle grows on a yellow background", "yellow", "blue", "triangle", "grows"),
    Prompt("red background, a white ring moving down", "red", "white", "ring", "down"),
    Prompt("on a cyan background, a big red square moves up", "cyan", "red", "square", "up"),
    Prompt("a black circle bounces on a pink background", "pink", "black", "circle", "bounces"),
    Prompt("a big yellow star moving left on a blue background", "blue", "yellow", "star", "left"),
    Prompt("green background, a white circle rising to the top", "green", "white", "circle", "up"),
    Prompt("on a white background, a big green triangle slides to the right", "white", "green", "triangle", "right"),
    Prompt("a cyan ring stays still on a black background", "black", "cyan", "ring", "still"),
    Prompt("yellow background, a big pink circle sinking to the bottom", "yellow", "pink", "circle", "down"),
    Prompt("on a red background, a black square spins", "red", "black", "square", "spins"),
    Prompt("a big white star moves right on a cyan background", "cyan", "white", "star", "right"),
    Prompt("a blue cross gets bigger on a pink background", "pink", "blue", "cross", "grows"),
    Prompt("a big green ring bounces on a blue background", "blue", "green", "ring", "bounces"),
    Prompt("on a white background, a red cross sliding to the left", "white", "red", "cross", "left"),
    Prompt("black background, a big yellow triangle moving up", "black", "yellow", "triangle", "up"),
    Prompt("a cyan star moves down on a red background", "red", "cyan", "star", "down"),
)
