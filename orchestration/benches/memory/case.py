"""A film under a memory budget."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A film of a random latent.

    Attributes:
        source: (height, width) of the model's frames.
        size: (height, width) of the file.
        frames: How many.
        budget: MiB.
        upsampler: Whether the model has one.
        sound: Whether there is sound.
    """

    source: tuple[int, int]
    size: tuple[int, int]
    frames: int
    budget: int
    upsampler: bool = True
    sound: bool = False
