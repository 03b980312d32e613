"""One training in a process of its own: ``python -m orchestration.benches.planner.apart CASE``; CASE is a JSON object.

Two steps of flow matching with AdamW and averaged weights, in float32 and without Lightning or DeepSpeed. Prints how
far the process's peak of resident memory lies above the idle process, whose libraries are loaded and have been used.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from models.recipes import BackboneConfig
from models.text.config import network_fields

_STEPS = 2
_WARM = BackboneConfig(layers=1, width=32, ffn=64, heads=2, positions=(2, 4, 4))


def train(config: BackboneConfig, latent_size: tuple[int, int, int], batch: int, recomputed: int) -> None:
    """A few steps from random weights on random data.

    Args:
        config: Of the backbone.
        latent_size: Latent frames, height and width.
        batch: Samples.
        recomputed: Blocks that keep only their inputs.
    """
    import torch

    from models.backbone import Backbone
    from models.flow import flow_loss
    from models.training.recompute import recompute

    network = Backbone(config)
    recompute(network, recomputed)
    optimizer = torch.optim.AdamW(network.parameters())
    average = [parameter.detach().clone() for parameter in network.parameters()]
    text = [
        (torch.randn(batch, each.length, each.width), torch.ones(batch, each.length, dtype=torch.bool))
        for each in config.text.encoders.values()
    ]
    for _ in range(_STEPS):
        latent, noise = (torch.randn(batch, config.latent_channels, *latent_size) for _ in range(2))
        loss = flow_loss(lambda x, t: network(x, t, text), latent, torch.rand(batch), noise)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        torch._foreach_lerp_(average, [parameter.detach() for parameter in network.parameters()], 0.1)


def peak_above_idle(case: Mapping[str, Any]) -> int:
    """Bytes."""
    import torch

    torch.set_num_threads(1)
    train(_WARM, (1, 4, 4), 1, 1)
    idle = psutil.Process(os.getpid()).memory_info().rss
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the kernel's peak starts again here
    config = BackboneConfig(**network_fields(case["config"]))
    train(config, tuple(case["latent_size"]), case["batch"], case["recomputed"])
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 - idle
    raise OSError("/proc/self/status names no VmHWM: the bench needs Linux")


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"peak_above_idle": peak_above_idle(json.loads(sys.argv[1]))}) + "\n")
