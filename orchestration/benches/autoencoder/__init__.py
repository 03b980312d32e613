"""The autoencoder against those of Wan, CogVideoX and HunyuanVideo in diffusers: time, memory, and what is learnt."""

import math
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from orchestration.benches.autoencoder.sides import FRAMES, OURS, PEERS, SEED, Ours, Side, side
from orchestration.benches.envelope import in_fresh_process, require

if TYPE_CHECKING:
    from torch import Tensor

_ROUNDS = 5  # and one to warm up
_SECONDS = 120.0  # of processor time that each side trains
_CLIPS, _JUDGED = 256, 24
_BATCH = {OURS: 4}
_PEERS_BATCH = 1  # they are so slow that more would leave them a dozen steps
_RATE, _WARM = 1e-3, 10
_SHORT, _LONG = 8, 64  # seconds


def run() -> dict[str, float]:
    """Every figure, on one thread, in float32.

    ``..._ms`` are milliseconds a frame for clips of 128 pixels, medians of five rounds in which all sides take turns;
    ``encode_ratio`` and ``decode_ratio`` are the fastest peer's over ours. ``..._psnr`` is that of held-out clips of 64
    pixels after two minutes of processor time of training on the same clips, by the same loss, optimizer and schedule;
    ``psnr_margin`` is what ours has above the best peer, and ``start_psnr`` what it has before the first step, from the
    principal components that it begins with. ``..._peak_mib`` is memory above the idle process to encode
    and decode, and ``rss_growth`` our peak for 64 seconds at 256 pixels over that for 8.

    Raises:
        PeerMissing: diffusers is not installed.
    """
    require("diffusers")
    names = (OURS, *PEERS)
    sides = {name: side(name) for name in names}
    figures = {f"{name}_parameters": float(sum(p.numel() for p in sides[name].model.parameters())) for name in names}
    figures |= {f"{name}_values_per_latent": _values(sides[name]) for name in names} | timed(sides)
    for way in ("encode", "decode"):
        fastest = min(figures[f"{name}_{way}_ms"] for name in PEERS)
        figures[f"{way}_ratio"] = fastest / figures[f"{OURS}_{way}_ms"]
    figures |= {f"{name}_peak_mib": _apart("trip", name) for name in names}
    train, held_out = _clips()
    start = side(OURS)
    _begin(start, train)
    figures["start_psnr"] = _psnr(start, held_out)
    for name in names:
        figures[f"{name}_psnr"] = trained(side(name), train, held_out, _SECONDS, _BATCH.get(name, _PEERS_BATCH))
    figures["psnr_margin"] = figures[f"{OURS}_psnr"] - max(figures[f"{name}_psnr"] for name in PEERS)
    short, long = _apart("long", str(_SHORT)), _apart("long", str(_LONG))
    figures |= {"peak_mib_8s": short, "peak_mib_64s": long, "rss_growth": long / short}
    return {name: round(value, 4) for name, value in figures.items()}


def _values(one: Side) -> float:
    """Pixel values that a latent value stands for."""
    return math.prod(one.compression) * 3 / 16


def timed(sides: dict[str, Side], pixels: int = 128, rounds: int = _ROUNDS) -> dict[str, float]:
    """Milliseconds of processor time a frame to encode and to decode, the order of the sides reversed every round."""
    import torch

    generator = torch.Generator().manual_seed(SEED)
    clips = {n: torch.rand(1, 3, s.frames, pixels, pixels, generator=generator) * 2 - 1 for n, s in sides.items()}
    spent: dict[str, list[float]] = {f"{name}_{way}_ms": [] for name in sides for way in ("encode", "decode")}
    with torch.inference_mode():
        for round_ in range(rounds + 1):
            for name in sides if round_ % 2 else reversed(sides):
                begun = time.process_time()
                latent, _ = sides[name].encode(clips[name])
                half = time.process_time()
                sides[name].decode(latent)
                if round_:
                    each = 1000 / sides[name].frames
                    spent[f"{name}_encode_ms"].append((half - begun) * each)
                    spent[f"{name}_decode_ms"].append((time.process_time() - half) * each)
    return {name: statistics.median(values) for name, values in spent.items()}


def trained(one: Side, train: "Tensor", held_out: "Tensor", seconds: float, batch: int) -> float:
    """PSNR in dB of held-out clips after so much processor time, evaluation excluded; ours begins as it always does.

    Args:
        one: A side with random weights.
        train: Clips ``[N, 3, 17, H, W]``.
        held_out: Others.
        seconds: Of processor time.
        batch: Clips of a step.
    """
    import torch

    from models.training.muon import Muon

    begun = time.process_time()
    _begin(one, train)
    optimizer = Muon([parameter for parameter in one.model.parameters() if parameter.requires_grad], _RATE)
    generator = np.random.default_rng(SEED)
    one.model.train()
    step = 0
    while (spent := time.process_time() - begun) < seconds:
        step += 1
        for group in optimizer.param_groups:
            group["lr"] = _RATE * min(1.0, step / _WARM) * 0.5 * (1 + math.cos(math.pi * spent / seconds))
        chosen = generator.integers(len(train), size=batch)
        _loss(one, train[torch.from_numpy(chosen)]).backward()
        torch.nn.utils.clip_grad_norm_(one.model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return _psnr(one, held_out)


def _begin(one: Side, train: "Tensor") -> None:
    """What our recipe does before the first step; peers keep their random weights."""
    from models.autoencoder import pca

    if isinstance(one, Ours):
        pca.fit(one.model, train[:64, :, :FRAMES].permute(0, 2, 3, 4, 1).contiguous())


def _loss(one: Side, clips: "Tensor") -> "Tensor":
    """L1, squared error and KL, as the recipes of the pipeline weigh them."""
    import torch

    target = clips[:, :, : one.frames]
    mean, logvar = one.encode(target)
    latent = mean + torch.exp(0.5 * logvar.clamp(-14, 6)) * torch.randn(mean.shape)
    error = one.decode(latent)[:, :, :FRAMES] - target[:, :, :FRAMES]
    divergence = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
    return error.abs().mean() + 5 * error.square().mean() + 1e-4 * divergence


def _psnr(one: Side, clips: "Tensor") -> float:
    import torch

    from models.autoencoder.train import psnr

    one.model.eval()
    scores = []
    with torch.inference_mode():
        for clip in clips.split(1):
            decoded = one.decode(one.encode(clip[:, :, : one.frames])[0])
            scores.append(psnr(decoded[:, :, :FRAMES], clip[:, :, :FRAMES]))
    return statistics.mean(scores)


def _clips() -> "tuple[Tensor, Tensor]":
    """Training and held-out clips ``[N, 3, 17, 64, 64]`` of the demo's corner of the world."""
    import torch

    from assets.starter.autoencoder import SIDE, CornerClips, held_out
    from models.recipes import demo

    drawn = CornerClips(demo().world, FRAMES + 1, _CLIPS)(np.random.default_rng(SEED), FRAMES + 1, SIDE, _CLIPS)
    _, judged = held_out(demo().world, _JUDGED)
    train, others = (torch.from_numpy(clips).permute(0, 4, 1, 2, 3) for clips in (drawn, judged[:, : FRAMES + 1]))
    return train.float() / 127.5 - 1, others.float() / 127.5 - 1


def _apart(task: str, argument: str) -> float:
    return float(in_fresh_process("orchestration.benches.autoencoder.apart", task, argument)["peak_mib"])
