"""A sheet of films between given pictures: ``python -m assets.starter.known_sheet PICTURE``, half a minute."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from assets.pictures import contact_sheet
from assets.starter.continuing import WAYS, drawn, opened
from assets.starter.latents import FRAMES, SIDE
from assets.starter.quality import Frames, asked
from models.recipes import demo
from models.starter import BACKBONE, KNOWN

_CLIPS = 3  # each with its first picture, its last and both
_SHOWN = (0, 5, 10, 15, 20, 25, FRAMES - 1)
_TITLES = {"first": "begins with the picture", "last": "ends with the picture", "both": "begins and ends with them"}


def sheet(picture: Path, known: Path = KNOWN, backbone: Path = BACKBONE, clips: int = _CLIPS) -> Path:
    """Write a sheet of the first held-out prompts, none left out: given pictures, then frames of the film."""
    shown = asked(demo().world, "validation", clips)
    cells: list[tuple[list[Frames], str]] = []
    with TemporaryDirectory() as scratch:
        pipeline = opened(Path(scratch), known, backbone)
        for number, (prompt, clip) in enumerate(zip(shown.prompts, shown.clips, strict=True)):
            for way in WAYS:
                film = drawn(pipeline, shown, number, way)
                given = [clip[0] if way != "last" else _paper(), clip[-1] if way != "first" else _paper()]
                frames = [*given, _paper()[:, : SIDE // 4], *(film[place] for place in _SHOWN)]
                cells.append((frames, f"{prompt.text}: {_TITLES[way]}"))
    return contact_sheet(picture, cells, columns=1, side=SIDE)


def _paper() -> Frames:
    return np.full((SIDE, SIDE, 3), 255, np.uint8)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]))
