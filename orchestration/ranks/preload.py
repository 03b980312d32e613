"""What ranks import, imported once before they are forked, and the device that they get."""

import gc
import importlib
import os
import socket

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

DEVICE = "CINEMILL_DEVICE"
"""``cuda``: each rank must have a GPU; ``cpu``: none uses one; unset: GPUs where each rank of the machine gets one."""


class DeviceUnavailable(RuntimeError):
    """A machine lacks the device that was asked for; the message says which machine, what is there and what to do."""


def preload(ranks: int) -> None:
    """Import what ``ranks`` ranks of this machine will use, and settle their device. Raises DeviceUnavailable."""
    os.environ["DS_ACCELERATOR"] = _device(ranks)  # DeepSpeed reads it when it is imported
    for module in PRELOADED:
        importlib.import_module(module)
    gc.freeze()  # what is imported stays: collections in the ranks need not walk through it, nor copy its pages


def check_gpus(ranks: int) -> None:
    """Raise DeviceUnavailable unless this machine has a GPU for each of ``ranks`` ranks."""
    if (seen := _gpus()) < ranks:
        import torch

        raise DeviceUnavailable(
            f"{socket.gethostname()} sees {seen} GPUs, and each of {ranks} ranks wants one (CUDA_VISIBLE_DEVICES="
            f"{os.environ.get('CUDA_VISIBLE_DEVICES', '')}, torch {torch.__version__}): look at nvidia-smi there, "
            f"install a torch built for CUDA, or train on cores: gpus: false in the launcher's settings, {DEVICE}=cpu"
        )


def _device(ranks: int) -> str:
    wanted = os.environ.get(DEVICE)
    if wanted not in (None, "cuda", "cpu"):
        raise DeviceUnavailable(f"{DEVICE} is {wanted!r}: set it to cuda or cpu, or leave it out")
    if wanted == "cuda":
        check_gpus(ranks)
    return wanted or ("cuda" if _gpus() >= ranks else "cpu")


def _gpus() -> int:
    # By the driver's management library: CUDA itself, once started, does not survive a fork.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    import torch

    return torch.cuda.device_count()
