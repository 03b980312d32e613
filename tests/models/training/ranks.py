"""Several trainings one after the other, their ranks forked from one process that has imported all. Run as a program.

Of each training it is said on how many ranks it runs, after which step it is stopped, and what is damaged then; one
that was stopped or damaged is continued by a further one in the same folder. Each rank notes the samples of its steps
(``samples-RANK.jsonl``), how many weights it held at most while they were made (``held-RANK.json``) and at which flow
times the network was asked (``times-RANK.jsonl``).
"""

import hashlib
import json
import multiprocessing
import os
import sys
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path

import torch

from models.backbone import initialisation
from models.backbone import time as flow_time
from models.parallel import LayoutDoesNotFit
from models.recipes import AudioConfig, BackboneConfig, DataMix, TrainingRecipe
from models.training.batches import Batches
from models.training.errors import TrainingInterrupted
from models.training.fsdp import FsdpSharding
from models.training.interruption import Interruption
from models.training.run import train
from models.training.zero3 import ZeroSharding
from orchestration.ranks.preload import preload

MODEL = BackboneConfig(layers=2, width=32, ffn=64, heads=2, positions=(2, 4, 4))
AUDIO = AudioConfig(layers=2, width=32, ffn=64, heads=2, video_channels=64, positions=8)


def recipe_of(index, fields):
    rest = {"strategy": "fsdp2"} | fields
    if rest.pop("audio", False):
        mix = (DataMix(str(index), "audio"),)
        return TrainingRecipe("sound", "audio", AUDIO, mix, mix, **rest)
    mix = (DataMix(str(index), "image-low"), DataMix(str(index), "video-low"))
    return TrainingRecipe("shared", "video", MODEL, mix, mix[:1], **rest)


def digests(batch):
    """What tells samples apart."""
    return [hashlib.sha256(latent.numpy().tobytes()).hexdigest()[:16] for latent in batch["latent"]]


def noting(folder, rank):
    """Let batches and starting weights leave a trace."""
    folder.mkdir(exist_ok=True)
    # Of this rank's process, which ends with the training.
    taken, made, known = Batches.batch, initialisation.initialised, flow_time.sinusoids

    def batch(self, step, *rest):
        found = taken(self, step, *rest)
        with (folder / f"samples-{rank}.jsonl").open("a") as lines:
            lines.write(json.dumps([step, digests(found)]) + "\n")
        return found

    def initialised(network, seed) -> Iterator:
        held = []
        for name, module in made(network, seed):
            held.append(sum(map(in_memory, network.parameters())))
            yield name, module
        held.append(sum(map(in_memory, network.parameters())))
        (folder / f"held-{rank}.json").write_text(json.dumps({"most": max(held), "end": held[-1]}))

    def sinusoids(times):
        with (folder / f"times-{rank}.jsonl").open("a") as lines:
            lines.write(json.dumps(times.tolist()) + "\n")
        return known(times)

    Batches.batch, initialisation.initialised, flow_time.sinusoids = batch, initialised, sinusoids
    for sharding in (ZeroSharding, FsdpSharding):
        sharding.gathered = noted(sharding.gathered, folder / f"gathered-{rank}.json")


def noted(gathered, path):
    """Lets what is asked of a sharding leave a trace: names, and how many of the answers are still held."""
    asked, given, most = [], [], []

    def noting(self, training, name):
        value = gathered(self, training, name)
        asked.append(name)
        given.append(weakref.ref(value))
        most.append(sum(one() is not None for one in given))
        path.write_text(json.dumps({"asked": asked, "most": max(most)}))
        return value

    return noting


def in_memory(parameter):
    """How many of a parameter's numbers this rank holds."""
    part = getattr(parameter, "ds_tensor", None)
    return (0 if parameter.is_meta else parameter.numel()) + (0 if part is None else part.numel())


def run(rank, folder, recipe, rendezvous, stop):
    os.environ["LOCAL_RANK"] = str(rank)
    noting(folder, rank)
    interruption = Interruption()

    def progress(step, _):
        interruption.asked = step + 1 == stop

    try:
        result = train(
            recipe,
            folder,
            rank=rank,
            world_size=recipe.world_size,
            rendezvous=f"file://{rendezvous}",
            progress=progress,
            interruption=interruption,
        )
    except TrainingInterrupted:
        return
    except LayoutDoesNotFit as refusal:
        (folder / "refused.txt").write_text(str(refusal))
        return
    if result is not None:
        (folder / "result.json").write_text(json.dumps(result.as_json()))


def damage(checkpoint):
    """Change one byte of the second rank's tensors."""
    part = checkpoint / "shards" / "__1_0.distcp"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)


def main():
    root = Path(sys.argv[1])
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    preload(2)
    context = multiprocessing.get_context("fork")
    for number, training in enumerate(json.loads((root / "trainings.json").read_text())):
        fields = training["fields"]
        if "init" in fields:
            fields["init"] = str(root / fields["init"])
        recipe = recipe_of(root / "latents" / "index.json", fields)
        folder, meeting = root / training["name"], root / f"meeting-{number}"
        if training.get("damage"):
            damage(folder / "work" / "checkpoints" / training["damage"])
        ranks = [
            context.Process(target=run, args=(rank, folder, recipe, meeting, training.get("stop")))
            for rank in range(recipe.world_size)
        ]
        for rank in ranks:
            rank.start()
        for rank in ranks:
            rank.join()
        if any(rank.exitcode for rank in ranks):
            sys.exit(f"{training} ended with {[rank.exitcode for rank in ranks]}")


if __name__ == "__main__":
    main()
