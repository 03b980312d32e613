"""Clips on their way out: ordinary mp4 files with sidecars that ingest takes like footage, or tensors for training."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.world.draw import WHOLE, WorldOptions, draw
from assets.world.emoji import RIGHTS
from assets.world.render import RenderedClip, render
from assets.world.spec import WorldSpec
from models.files import read_json, write_json
from models.recipes import FPS, SAMPLE_RATE
from serving.clip import from_pixels
from serving.errors import MediaError
from serving.media.mp4 import write_mp4
from serving.media.sheet import Row, contact_sheet, stills

if TYPE_CHECKING:
    import torch

LICENCE = "CC0-1.0"
_STILLS = 6  # of each clip on a contact sheet
ATTRIBUTION = "sprites and sounds by Kenney (kenney.nl), from the arcade package"


@dataclass(frozen=True, eq=False)
class TrainingClip:
    """A clip as training takes it.

    Attributes:
        video: float32 [3, F, H, W] in [-1, 1].
        audio: float32 [S] at 48 kHz in [-1, 1].
        short, long: Captions.
        spec: What it was made from.
    """

    video: "torch.Tensor"
    audio: "torch.Tensor"
    short: str
    long: str
    spec: WorldSpec


def write_clip(folder: Path, clip: RenderedClip, *, crf: int = 18) -> Path:
    """Write ``<split>-<seed>.mp4`` and, beside it, ``.mp4.json`` with licence, specification and truth.

    The sidecar comes first: an mp4 that is there has its truth. Masks are not written; rendering the specification
    again gives them.

    Raises:
        MediaError: Sides that H.264 cannot have (odd ones), or a rate that is no whole number of frames.
    """
    path = folder / f"{clip.spec.split}-{clip.spec.seed:010d}.mp4"
    sidecar = {
        **_rights(clip.spec.sprites),
        "fps": clip.fps,
        "spec": clip.spec.as_json(),
        "truth": clip.truth.as_json(),
    }
    rate = _whole(clip.fps)
    write_json(folder / f"{path.name}.json", sidecar)
    write_mp4(path, clip.frames, rate, clip.samples[:, None], SAMPLE_RATE, crf=crf)
    return path


def write_samples(folder: Path, seeds: Iterable[int], side: int, options: WorldOptions = WHOLE) -> Path:
    """Write the clips of ``seeds``, ``side`` pixels square at 16 fps, and a contact sheet; the sheet's path."""
    rows = []
    for seed in seeds:
        spec = draw(seed, options)
        clip = render(spec, side, side, FPS, round(spec.seconds * FPS))
        write_clip(folder, clip)
        rows.append(Row(f"{seed}: {clip.truth.short} ({spec.camera.kind})", stills(clip.frames, _STILLS)))
    sheet = folder / "sheet.png"
    contact_sheet(sheet, rows)
    return sheet


def stream(
    seeds: Iterable[int],
    height: int,
    width: int,
    fps: float,
    frames: int,
    options: WorldOptions = WHOLE,
) -> Iterator[TrainingClip]:
    """Clips of seeds one after another. Give each worker its own seeds, as ``range(rank, count, world_size)``."""
    import torch

    for seed in seeds:
        clip = render(draw(seed, options), height, width, fps, frames)
        yield TrainingClip(
            video=torch.from_numpy(from_pixels(clip.frames)),
            audio=torch.from_numpy(np.ascontiguousarray(clip.samples)),
            short=clip.truth.short,
            long=clip.truth.long,
            spec=clip.spec,
        )


def _rights(sprites: str | None) -> dict[str, str]:
    """Licence and attribution: the wheel's, and with a folder of PNGs what its ``rights.json`` says of those."""
    if sprites is None:
        return {"licence": LICENCE, "attribution": ATTRIBUTION}
    told = Path(sprites) / RIGHTS
    own = read_json(told) if told.is_file() else {}
    licence, attribution = own.get("licence"), own.get("attribution", "the sprites' owner")
    return {
        "licence": f"{LICENCE} AND {licence}" if licence else "unstated (user-supplied sprites)",
        "attribution": f"{ATTRIBUTION}; {attribution}",
    }


def _whole(fps: float) -> int:
    """The rate as the mp4 writer takes it."""
    if fps != round(fps):
        raise MediaError(f"an mp4 of the world has a whole number of frames a second, not {fps:g}")
    return round(fps)
