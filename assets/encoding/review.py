"""Looking at trained autoencoders: reconstructions beside originals, learning curves, latent dots."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.pictures import contact_sheet, curves, spectrograms
from assets.world.render import Frames
from assets.world.sound import Samples
from models.recipes import SAMPLE_RATE

if TYPE_CHECKING:
    from torch import Tensor

_SHOWN = (0, 5, 10, 15)  # frames


def reconstructed_pictures(path: Path, model: Path, clips: Mapping[str, Sequence[Frames]]) -> Path:
    """A sheet of clips above what the autoencoder in folder ``model`` makes of them."""
    import torch

    from models.autoencoder.network import TemporalAutoencoder

    autoencoder = TemporalAutoencoder.load(model)
    cells = []
    with torch.inference_mode():
        for name, found in clips.items():
            for clip in found:
                decoded = autoencoder.decode(autoencoder.encode(_pixels(clip)))[0, :, : len(clip)]
                made = ((decoded.permute(1, 2, 3, 0).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
                shown = sorted({min(frame, len(clip) - 1) for frame in _SHOWN})
                pairs = [np.concatenate([clip[frame], made[frame]]) for frame in shown]
                cells.append((pairs, f"{name}, and back"))
    return contact_sheet(path, cells, columns=2, side=160)


def reconstructed_sounds(path: Path, model: Path, sounds: Sequence[Samples]) -> Path:
    """Spectrograms of sounds, each above what the codec in folder ``model`` makes of it."""
    import torch

    from models.codec.network import AudioCodec

    codec = AudioCodec.load(model)
    rows = []
    with torch.inference_mode():
        for samples in sounds:
            made = codec.decode(codec.encode(torch.from_numpy(samples)[None]))[0, : len(samples)]
            rows += [("original", samples), ("reconstruction", made.numpy())]
    return spectrograms(path, rows, rate=SAMPLE_RATE)


def curve(folder: Path) -> Path:
    """``curve.png`` of the terms in ``metrics.jsonl``."""
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    terms: dict[str, list[tuple[float, float]]] = {}
    for record in map(json.loads, lines):
        for name, value in record.items():
            if name != "step":
                terms.setdefault(name, []).append((record["step"], value))
    # A term that is zero at times (a hinge) has no place on a logarithmic axis.
    shown = {name: points for name, points in terms.items() if all(value > 0 for _, value in points)}
    return curves(folder / "curve.png", shown)


def dots(model: Path, clips: Sequence[Frames]) -> float:
    """Largest norm of a latent position over the root mean square of all: latent dots stand far above the others."""
    import torch

    from models.autoencoder.network import TemporalAutoencoder

    autoencoder = TemporalAutoencoder.load(model)
    with torch.inference_mode():
        norms = np.concatenate([autoencoder.encode(_pixels(clip)).norm(dim=1).flatten().numpy() for clip in clips])
    return float(norms.max() / np.sqrt(np.mean(norms**2)))


def _pixels(clip: Frames) -> "Tensor":
    import torch

    return torch.from_numpy(np.ascontiguousarray(clip.transpose(3, 0, 1, 2)))[None].float() / 127.5 - 1
