"""One rank of several trainings under FSDP2, one after the other in one process. Run as a program.

Of each training it is said on how many ranks it runs, after which step it is stopped, and what is damaged then; one
that was stopped or damaged is continued by a further one in the same folder.
"""

import json
import sys
from pathlib import Path

import torch
from torch import distributed as dist

from models.recipes import AudioConfig, BackboneConfig, DataMix, TrainingRecipe
from models.training.errors import TrainingInterrupted
from models.training.interruption import Interruption
from models.training.run import train

MODEL = BackboneConfig(layers=2, width=32, ffn=64, heads=2, positions=(2, 4, 4))
AUDIO = AudioConfig(layers=2, width=32, ffn=64, heads=2, video_channels=64, positions=8)


def recipe_of(index, fields):
    rest = {"strategy": "fsdp2"} | fields
    if rest.pop("audio", False):
        mix = (DataMix(str(index), "audio"),)
        return TrainingRecipe("sound", "audio", AUDIO, mix, mix, **rest)
    mix = (DataMix(str(index), "image-low"), DataMix(str(index), "video-low"))
    return TrainingRecipe("shared", "video", MODEL, mix, mix[:1], **rest)


def run(rank, folder, recipe, rendezvous, stop):
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
        dist.destroy_process_group()
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
    rank, root = int(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for number, training in enumerate(json.loads((root / "trainings.json").read_text())):
        fields = training["fields"]
        if "init" in fields:
            fields["init"] = str(root / fields["init"])
        recipe = recipe_of(root / "latents" / "index.json", fields)
        folder = root / training["name"]
        if rank == 0 and training.get("damage"):
            damage(folder / "work" / "checkpoints" / training["damage"])
        if rank < recipe.world_size:
            run(rank, folder, recipe, root / f"meeting-{number}", training.get("stop"))


if __name__ == "__main__":
    main()
