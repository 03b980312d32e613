"""Peak memory in a fresh process: ``python -m orchestration.benches.autoencoder.apart TASK ARGUMENT`` prints JSON.

``trip SIDE``: a clip of 128 pixels is encoded and decoded whole. ``long SECONDS``: a clip of 256 pixels is encoded and
decoded a tile at a time.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from orchestration.benches.autoencoder.sides import Ours, side

if TYPE_CHECKING:
    from torch import Tensor

TRIP = 128  # pixels a side
LONG = 256


def peak_mib(work: Callable[[], None]) -> float:
    """Peak memory above the idle process."""
    idle = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the kernel's peak starts again here
    work()
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    return (peak - idle) / 2**20


def trip(name: str) -> dict[str, float]:
    """One side's peak in MiB, encoding and decoding."""
    import torch

    one = side(name)
    clip = torch.rand(1, 3, one.frames, TRIP, TRIP, generator=torch.Generator().manual_seed(0)) * 2 - 1

    @torch.inference_mode()
    def work() -> None:
        one.decode(one.encode(clip)[0])

    return {"peak_mib": peak_mib(work)}


def long(seconds: str) -> dict[str, float]:
    """Our peak in MiB for a clip of that length at 16 frames a second, which never is in memory as a whole."""
    import torch

    from models.autoencoder.tiling import decode, encode
    from models.recipes import FPS

    model = Ours.new().model.eval()
    torch.set_num_threads(1)
    frames = int(seconds) * FPS
    generator = torch.Generator().manual_seed(0)
    told: list[int] = []

    def filmed() -> "Iterator[Tensor]":
        for _ in range(frames):
            yield torch.rand(1, 3, 1, LONG, LONG, generator=generator) * 2 - 1

    def work() -> None:
        latent = torch.cat(list(encode(model, filmed())), dim=2)
        told.extend(piece.shape[2] for piece in decode(model, latent, frames))

    return {"peak_mib": peak_mib(work), "frames": float(sum(told))}


if __name__ == "__main__":
    task, argument = sys.argv[1:]
    sys.stdout.write(json.dumps({"trip": trip, "long": long}[task](argument)) + "\n")
