"""A sheet of what the starter autoencoder keeps: ``python -m assets.starter.round_trip_sheet PICTURE``."""

import sys
from pathlib import Path

import numpy as np

from assets.encoding.held_out import mean_colour_psnr
from assets.pictures import contact_sheet
from assets.starter.footage import excerpts
from assets.starter.quality import asked
from assets.starter.round_trip import Frames, psnr, through
from models.recipes import demo
from models.starter import AUTOENCODER

_CLIPS = 3
_SIDE = 128  # pixels of footage
_FRAMES = 32
_SHOWN = (4, 12, 20, 28)  # frames


def sheet(picture: Path) -> Path:
    """Write a sheet of held-out clips and of footage: in each row four frames, and below them what came back."""
    from models.autoencoder import load_autoencoder

    held_out = asked(demo().world, "validation", _CLIPS)
    films = [(prompt.text, clip) for prompt, clip in zip(held_out.prompts, held_out.clips, strict=True)]
    films += excerpts(_SIDE, _FRAMES)
    back = through(load_autoencoder(AUTOENCODER), [clip for _, clip in films])
    cells = []
    for (name, clip), again in zip(films, back, strict=True):
        title = f"{name}: {psnr(again, clip):.1f} dB; a clip's mean colour {mean_colour_psnr([clip]):.1f}"
        cells.append(([_above(clip[at], again[at]) for at in _SHOWN], title))
    return contact_sheet(picture, cells, columns=2, side=2 * _SIDE)


def _above(frame: Frames, again: Frames) -> Frames:
    """A frame over what came back of it, both 128 pixels high."""
    return np.kron(np.concatenate([frame, again]), np.ones((_SIDE // len(frame),) * 2 + (1,), np.uint8))


if __name__ == "__main__":
    sheet(Path(sys.argv[1]))
