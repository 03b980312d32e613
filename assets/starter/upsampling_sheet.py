"""A sheet of what the starter upsampler does: ``python -m assets.starter.upsampling_sheet PICTURE``, half a minute."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from assets.ingestion.packages import package_footage
from assets.pictures import contact_sheet
from assets.starter.degrading import degraded, shrunk
from assets.starter.pairs import SIDE
from assets.starter.round_trip import Frames, psnr
from assets.starter.upsampling import held_out, plain, upsampler

_CLIPS = 3  # of the world, each in three ways
_FRAMES = 8
_FOOTAGE = ("bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4")  # never trained on
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
        yield f"{shown.prompt.text}, {shown.way}", shown.small, shown.sharp
    for file in package_footage():
        if file.path.name in _FOOTAGE:
            sharp = _footage(file.path)
            for name, make in (("shrunk", shrunk), ("degraded", degraded)):
                yield f"{file.path.name}, {name}", make(sharp, np.random.default_rng(0)), sharp


def _footage(path: Path) -> Frames:
    """Frames of the film, halved where it is large enough, cut at the middle: uint8 [8, 128, 128, 3]."""
    import av

    with av.open(str(path)) as container:
        decoded = islice(container.decode(video=0), 24, 24 + _FRAMES)
        frames = [frame.to_ndarray(format="rgb24") for frame in decoded]
    height, width = frames[0].shape[:2]
    factor = 2 if min(height, width) >= 2 * SIDE else 1
    size = (width // factor, height // factor)
    large = [np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX)) for frame in frames]
    top, left = (size[1] - SIDE) // 2, (size[0] - SIDE) // 2
    return np.stack(large)[:, top : top + SIDE, left : left + SIDE]


def _zoomed(frame: Frames) -> Frames:
    return np.repeat(np.repeat(frame, _ZOOM, axis=0), _ZOOM, axis=1)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]))
