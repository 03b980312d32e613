"""A sheet of what the starter upsampler does: ``python -m assets.starter.upsampling_sheet PICTURE``, half a minute."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from assets.pictures import contact_sheet
from assets.starter.degrading import degraded, shrunk
from assets.starter.footage import excerpts
from assets.starter.pairs import SIDE
from assets.starter.round_trip import Frames, psnr
from assets.starter.upsampling import held_out, plain, upsampler

_CLIPS = 3  # of the world, each in three ways
_FRAMES = 8
_ZOOM = 2


def sheet(picture: Path) -> Path:
    """Write a sheet of the first held-out clips and of footage: small, bicubic, Lanczos, the upsampler, truth."""
    methods = {"bicubic": plain("bicubic"), "lanczos": plain("lanczos"), "ours": upsampler()}
    cells = []
    for name, small, sharp in _shown():
        large = {method: enlarge(small) for method, enlarge in methods.items()}
        seen = [np.repeat(np.repeat(small, 2, axis=1), 2, axis=2), *large.values(), sharp]
        decibels = ", ".join(f"{method} {psnr(clip, sharp):.1f}" for method, clip in large.items())
        cells.append(([_zoomed(clip[len(clip) // 2]) for clip in seen], f"{name}: {decibels} dB"))
    return contact_sheet(picture, cells, columns=1, side=_ZOOM * SIDE)


def _shown() -> Iterator[tuple[str, Frames, Frames]]:
    """Title, small clip and sharp clip of each row."""
    for shown in islice(held_out(_CLIPS, frames=_FRAMES), 3 * _CLIPS):
        yield f"{shown.label}, {shown.way}", shown.small, shown.sharp
    for film, sharp in excerpts(SIDE, _FRAMES):
        for name, make in (("shrunk", shrunk), ("degraded", degraded)):
            yield f"{film}, {name}", make(sharp, np.random.default_rng(0)), sharp


def _zoomed(frame: Frames) -> Frames:
    return np.repeat(np.repeat(frame, _ZOOM, axis=0), _ZOOM, axis=1)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]))
