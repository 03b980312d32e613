"""What ranks import, imported once before they are forked."""

import gc
import importlib
import os

# The last two are imported by DeepSpeed and torch on a first step: seconds, which each rank would pay again.
PRELOADED = (
    "models.training.run",
    "models.training.fsdp",
    "models.training.zero3",
    "models.backbone",
    "models.audio",
    "dagster_pipes",
    "deepspeed.runtime.zero.muon.muon_optimizer",
    "torch._dynamo",
)


def preload(ranks: int) -> None:
    """Import what ``ranks`` ranks of this machine will use; a machine with fewer GPUs trains on its cores."""
    import torch

    if torch.cuda.device_count() < ranks:  # DeepSpeed chooses its accelerator when it is imported
        os.environ["DS_ACCELERATOR"] = "cpu"
    for module in PRELOADED:
        importlib.import_module(module)
    gc.freeze()  # what is imported stays: collections in the ranks need not walk through it, nor copy its pages
