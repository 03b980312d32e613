"""One rank of a training: a recipe as JSON in, what it reports out. Run as a program."""

import json
import sys
from pathlib import Path

import torch

from models.recipes import BackboneConfig, DataMix, TrainingRecipe
from models.training.run import train


def main():
    rank, folder, fields = int(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    mix = tuple(DataMix(fields["index"], group) for group in fields.pop("groups"))
    fields.pop("index")
    model = BackboneConfig(layers=2, width=32, ffn=64, heads=2, positions=(2, 4, 4))
    recipe = TrainingRecipe("shared", "video", model, mix, mix[:1], **fields)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    world = recipe.world_size
    result = train(recipe, folder, rank=rank, world_size=world, rendezvous=f"file://{folder / 'meeting'}")
    if result is not None:
        (folder / "result.json").write_text(json.dumps(result.as_json()))


if __name__ == "__main__":
    main()
