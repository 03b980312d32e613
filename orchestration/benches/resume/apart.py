"""One side of the bench in a process: ``python -m orchestration.benches.resume.apart SIDE FOLDER BEGUN``.

SIDE prepares its first batch after step STEP of BATCH samples and prints how long that took since BEGUN (Unix time, at
which the process was started) and since its imports, and what the first batch holds, as one JSON line. ``SIDE-save``
leaves what a training would have saved at that step.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration.benches.resume.data import GROUP, INDEX, SAMPLES, SHARD

BATCH, STEP = 16, 40_192  # in the middle of a shard, in the third epoch
_RECORD, _STATE = "shards.json", "torchdata.pt"

First = Callable[[], dict[str, Any]]


def ours(folder: Path) -> First:
    """Batches by their step; the shards that the training before verified are not read again."""
    from models.recipes import DataMix
    from models.training.batches import Batches

    def first() -> dict[str, Any]:
        data = Batches((DataMix(str(folder / INDEX), GROUP),), BATCH, 0, record=folder / _RECORD)
        return data.batch(STEP, 0, 1)

    return first


def webdataset(folder: Path) -> First:
    """Whole shards of the epoch's order are left out, and in the next one the samples before the cursor, undecoded.

    There is no state to load: the maintainers leave resumption to ``detshuffle`` of shards and to ``slice``
    (webdataset issues 177 and 271). Samples are not shuffled among each other, which no position would describe.
    """
    import torch
    import webdataset as wds
    from safetensors.torch import load

    def first() -> dict[str, Any]:
        epoch, cursor = divmod(STEP * BATCH, SAMPLES)
        order = wds.detshuffle(bufsize=1_000, seed=0, epoch=epoch - 1)
        urls = [{"url": str(path)} for path in sorted(folder.glob("*.tar"))]
        rest = [entry["url"] for entry in order.run(iter(urls))][cursor // SHARD :]
        data = wds.WebDataset(rest, shardshuffle=False).slice(cursor % SHARD, SAMPLES)
        samples = data.decode(wds.handle_extension("safetensors", load)).map(opened).batched(BATCH, collated)
        loader = wds.WebLoader(samples, batch_size=None, num_workers=0)
        return dict(next(iter(loader)))

    def opened(sample: dict[str, Any]) -> dict[str, Any]:
        return {name: tensor.float() for name, tensor in sample["safetensors"].items()}

    def collated(samples: list[dict[str, Any]]) -> dict[str, Any]:
        names = [name for name in samples[0] if not name.startswith("__")]  # webdataset adds its key
        return {name: torch.stack([sample[name] for sample in samples]) for name in names}

    return first


def torchdata(folder: Path) -> First:
    """The state of ``StatefulDataLoader`` with its own sampler, over our memory-mapped shards, without workers."""
    import torch

    loader_of = _stateful(folder)

    def first() -> dict[str, Any]:
        loader = loader_of()
        loader.load_state_dict(torch.load(folder / _STATE, weights_only=False))
        return dict(next(iter(loader)))

    return first


def torchdata_save(folder: Path) -> First:
    """Walk to the step in the ordinary way, and keep the state."""
    import torch

    def walk() -> dict[str, Any]:
        loader = _stateful(folder)()
        batches = itertools.chain.from_iterable(itertools.repeat(loader))
        for _ in range(STEP):
            next(batches)
        torch.save(loader.state_dict(), folder / _STATE)
        return dict(next(batches))

    return walk


def _stateful(folder: Path) -> Callable[[], Any]:
    import torch
    from safetensors import safe_open
    from torchdata.stateful_dataloader import StatefulDataLoader
    from torchdata.stateful_dataloader.sampler import RandomSampler

    class Mapped(torch.utils.data.Dataset[dict[str, Any]]):
        """Our shards by the number of the sample."""

        def __init__(self) -> None:
            self.parts = []
            for path in sorted(folder.glob("shard-*.safetensors")):
                with safe_open(path, framework="pt") as stored:
                    self.parts.append({name: stored.get_tensor(name) for name in sorted(stored.keys())})

        def __len__(self) -> int:
            return SAMPLES

        def __getitem__(self, number: int) -> dict[str, Any]:
            part, row = divmod(number, SHARD)
            return {name: tensor[row].float() for name, tensor in self.parts[part].items()}

    def loader() -> Any:
        data = Mapped()
        sampler = RandomSampler(data, generator=torch.Generator().manual_seed(0))
        return StatefulDataLoader(data, batch_size=BATCH, sampler=sampler, num_workers=0)

    return loader


SIDES: dict[str, Callable[[Path], First]] = {
    "ours": ours,
    "webdataset": webdataset,
    "torchdata": torchdata,
    "ours-save": ours,
    "torchdata-save": torchdata_save,
}


def measured(side: str, folder: Path, begun: float) -> dict[str, float]:
    """Seconds to the first batch since the process began and since its imports; and a sum that names the batch."""
    first = SIDES[side](folder)
    imported = time.time()
    batch = first()
    now = time.time()
    return {
        "seconds": now - begun,
        "seconds_imported": now - imported,
        "samples": float(len(batch["latent"])),
        "sum": float(batch["latent"].double().sum()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))) + "\n")
