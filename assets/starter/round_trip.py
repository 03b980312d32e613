"""The round trip: what is left of held-out clips after encoding and decoding, in decibels and in the checkers' eyes.

It is the ceiling of every model that works on the latents: what the autoencoder loses, none of them can show.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.evaluation.prompts import Prompt
from assets.evaluation.sight import Sight, seen_in
from models.recipes import FPS

if TYPE_CHECKING:
    from models.autoencoder import TemporalAutoencoder

Frames = NDArray[np.uint8]
_PARTS = ("kind", "colour", "motion")


def through(model: "TemporalAutoencoder", clips: Sequence[Frames]) -> list[Frames]:
    """Clips uint8 [F, H, W, 3] encoded and decoded, sides divisible by 8; as long as they were."""
    import torch

    found = []
    with torch.inference_mode():
        for clip in clips:
            pixels = torch.from_numpy(clip).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
            decoded = model.decode(model.encode(pixels))[0, :, : len(clip)].clamp(-1, 1)
            found.append(((decoded + 1) * 127.5).round().byte().permute(1, 2, 3, 0).numpy())
    return found


def figures(model: "TemporalAutoencoder", captions: Sequence[str], clips: Sequence[Frames]) -> dict[str, float]:
    """How well clips come back.

    Args:
        model: The autoencoder.
        captions: Short captions of the world, which say what the clips show.
        clips: uint8 [F, H, W, 3] at 16 fps.

    Returns:
        ``round_trip_psnr`` in dB, the mean over clips; for kind, colour, motion and ``all`` three, the share that the
        checkers name rightly in the originals (``clean_...``), in what came back (``round_trip_...``), and in what came
        back of those that they name rightly in the originals (``kept_...``).
    """
    back = through(model, clips)
    prompts = [Prompt.of(caption) for caption in captions]
    clean = [_right(prompt, seen_in(clip, FPS)) for prompt, clip in zip(prompts, clips, strict=True)]
    after = [_right(prompt, seen_in(clip, FPS)) for prompt, clip in zip(prompts, back, strict=True)]
    found = {"round_trip_psnr": float(np.mean([psnr(a, b) for a, b in zip(back, clips, strict=True)]))}
    for part in (*_PARTS, "all"):
        before, now = (np.array([answer[part] for answer in answers]) for answers in (clean, after))
        found |= {f"clean_{part}": float(before.mean()), f"round_trip_{part}": float(now.mean())}
        found[f"kept_{part}"] = float(now[before].mean()) if before.any() else 0.0
    return found


def psnr(clip: Frames, original: Frames) -> float:
    """Peak signal-to-noise ratio of uint8 clips in dB."""
    error = float(np.mean((clip.astype(np.float64) - original) ** 2)) / 255**2
    return float(-10 * np.log10(max(error, 1e-10)))


def _right(prompt: Prompt, sight: Sight) -> dict[str, bool]:
    answered = prompt.answered(sight)
    parts = {part: answered.get(part, True) for part in _PARTS}
    return parts | {"all": all(parts.values())}
