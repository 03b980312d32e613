"""One rank of a comparison: every layout of its world size against the same network on one rank. Run as a program."""

import copy
import json
import sys
from pathlib import Path

import torch
from torch import distributed as dist
from torch.distributed.tensor import DTensor

from models.backbone import Backbone
from models.parallel import Layout, LayoutDoesNotFit, parallelize
from models.recipes import BackboneConfig
from tests.models.texts import random_text, text_config

CONFIG = BackboneConfig(
    layers=2,
    width=32,
    ffn=48,
    heads=4,
    text=text_config(24),
    positions=(4, 3, 4),
    source=True,
    reference=True,
)
LAYOUTS = {
    2: (Layout(context=2), Layout(ulysses=2), Layout(tensor=2), Layout(data=2)),
    4: (
        Layout(context=4),
        Layout(ulysses=4),
        Layout(tensor=4),
        Layout(context=2, ulysses=2),
        Layout(context=2, tensor=2),
        Layout(ulysses=2, tensor=2),
        Layout(data=2, context=2),
        Layout(data=2, ulysses=2),
        Layout(data=2, tensor=2),
    ),
}


def name(layout, *, sharded):
    axes = [f"{axis} {ranks}" for axis, ranks in vars(layout).items() if ranks > 1]
    return " x ".join(axes) + (", sharded" if sharded else "")


def network():
    torch.manual_seed(0)
    made = Backbone(CONFIG)
    for parameter in made.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.2)
    return made


def samples():
    generator = torch.Generator().manual_seed(1)
    text = random_text(4, 7, CONFIG.text, generator)
    text[0][1][1, 4:] = False
    return {
        "latent_BCTHW": torch.randn(4, 16, 4, 6, 8, generator=generator),
        "time_B": torch.tensor([0.2, 0.7, 0.4, 0.9]),
        "text": text,
        "reference": torch.rand(4, 3, 64, 64, generator=generator) * 2 - 1,
        "source_BCTHW": torch.randn(4, 16, 4, 6, 8, generator=generator),
    }


def gap(one, other):
    return float((one - other).detach().abs().max() / other.abs().max().clamp(min=1e-12))


def whole(tensor):
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def compare(base, layout, *, sharded, finished=True):
    """Relative differences from one rank: of the output, the loss, the worst gradient and the gradient's norm."""
    inputs = samples()
    alone = copy.deepcopy(base)
    output = alone(**inputs)
    loss = output.square().mean()
    loss.backward()
    norm = torch.stack([p.grad.square().sum() for p in alone.parameters()]).sum().sqrt()

    model = copy.deepcopy(base)
    parallel = parallelize(model, layout)
    if sharded:
        parallel.shard()
    share = 4 // layout.data
    own = slice(parallel.data_rank * share, (parallel.data_rank + 1) * share)
    share_of = {name: value[own] for name, value in inputs.items() if name != "text"}
    seen = model(**share_of, text=[(states[own], mask[own]) for states, mask in inputs["text"]])
    mean = seen.square().mean()
    mean.backward()
    if not sharded:
        parallel.average_gradients()
    if finished:
        parallel.finish_gradients()
    total = mean.detach().clone()
    dist.all_reduce(total)
    grads = {name: whole(parameter.grad) for name, parameter in model.named_parameters()}
    return {
        "output": gap(seen, output[own]),
        "loss": gap(total / dist.get_world_size(), loss.detach()),
        "gradient": max(gap(grads[name], parameter.grad) for name, parameter in alone.named_parameters()),
        "norm": abs(parallel.gradient_norm() / float(norm) - 1),
        "local_parameters": sum((p.to_local() if isinstance(p, DTensor) else p).numel() for p in model.parameters()),
    }


def refused(base):
    """What is said of layouts that do not fit: heads, then tokens."""
    said = {}
    odd = samples()
    odd |= {key: odd[key][:, :, :1, :, :2] for key in ("latent_BCTHW", "source_BCTHW")}  # 3 tokens
    try:
        parallelize(Backbone(BackboneConfig(1, 30, 48, 3, text=text_config(24))), Layout(ulysses=2))
    except LayoutDoesNotFit as error:
        said["heads"] = str(error)
    try:
        parallelize(base, Layout(context=2)).network(**odd)
    except LayoutDoesNotFit as error:
        said["tokens"] = str(error)
    return said


def main():
    rank, world, rendezvous, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=world)
    base = network()
    found = {}
    for layout in LAYOUTS[world]:
        for sharded in (False, True) if world == 2 else (True,):
            found[name(layout, sharded=sharded)] = compare(base, layout, sharded=sharded)
    if world == 2:
        found["unfinished"] = compare(base, Layout(tensor=2), sharded=False, finished=False)
        found["refused"] = refused(base)
    (out / f"{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
