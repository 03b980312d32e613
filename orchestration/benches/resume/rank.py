"""One of two gloo ranks: ``python -m orchestration.benches.resume.rank STRATEGY RANK FOLDER INDEX RENDEZVOUS``.

Trains the recipe of the bench, or continues it, and notes the digests of the samples that it is given at each step.
"""

import json
import os
import sys
from pathlib import Path
from typing import Literal
from unittest.mock import patch

from models.recipes import BackboneConfig, DataMix, TrainingRecipe
from models.text.config import TextConfig, TextEncoderConfig
from orchestration.benches.resume.data import GROUP, TOKENS, WIDTH

RANKS = 2
STEPS, EVERY = 40, 6  # EVERY: between two checkpoints
MODEL = BackboneConfig(
    layers=2,
    width=64,
    ffn=128,
    heads=4,
    positions=(1, 4, 4),
    text=TextConfig(*(TextEncoderConfig(kind, WIDTH, TOKENS) for kind in ("minilm", "contrastive", "bytes"))),
)


def samples_of(folder: Path, rank: int) -> Path:
    """Where a rank notes its samples: one JSON line a step, ``[step, [digest, ...]]``."""
    return folder / f"samples-{rank}.jsonl"


def train(strategy: Literal["zero3", "fsdp2"], rank: int, folder: Path, index: Path, rendezvous: str) -> None:
    """As rank ``rank``."""
    os.environ |= {"LOCAL_RANK": str(rank), "GLOO_SOCKET_IFNAME": "lo", "DS_ACCELERATOR": "cpu"}
    import hashlib

    import torch

    from models.training import module, run
    from models.training.batches import Batches

    class Noted(Batches):
        """Batches that leave a trace."""

        def batch(self, step: int, rank: int, world_size: int) -> dict[str, torch.Tensor]:
            """As its parent."""
            found = super().batch(step, rank, world_size)
            digests = [hashlib.sha256(latent.numpy().tobytes()).hexdigest() for latent in found["latent"]]
            with samples_of(folder, rank).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([step, digests]) + "\n")
            return found

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    mix = (DataMix(str(index), GROUP),)
    recipe = TrainingRecipe(
        name="resume",
        method="video",
        model=MODEL,
        data=mix,
        validation=mix,
        steps=STEPS,
        batch_size=8,
        checkpoint_every=EVERY,
        world_size=RANKS,
        strategy=strategy,
    )
    with patch.object(module, "Batches", Noted):
        run.train(recipe, folder, rank=rank, world_size=RANKS, rendezvous=rendezvous)


if __name__ == "__main__":
    named: Literal["zero3", "fsdp2"] = "fsdp2" if sys.argv[1] == "fsdp2" else "zero3"
    train(named, int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
