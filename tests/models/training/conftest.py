"""A small latent index that a network can learn from, and recipes on it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.files import sha256_file, write_json
from models.recipes import BackboneConfig, DataMix, TrainingRecipe
from tests.models.texts import named, random_text

TINY = BackboneConfig(layers=2, width=32, ffn=64, heads=2, positions=(2, 4, 4))


def stored(text) -> dict[str, torch.Tensor]:
    """Text as shards hold it."""
    kinds = {torch.float32: torch.float16, torch.bool: torch.uint8}
    return {name: tensor.to(kinds[tensor.dtype]) for name, tensor in named(text).items()}


def write_index(folder: Path, groups: Sequence[tuple[str, str, tuple[int, ...], int]]) -> Path:
    """An index of (group, split, latent size, samples); latents follow from the first token of each encoder."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(0)
    shards = []
    for number, (group, split, size, count) in enumerate(groups):
        text = random_text(count, 12, generator=generator)
        for states, _ in text[1:]:
            states[:, 0, :16] = text[0][0][:, 0, :16]
        level = text[0][0][:, 0, :16].reshape(count, 16, *[1] * len(size))
        latent = level + 0.3 * torch.randn(count, 16, *size, generator=generator)
        tensors = {"latent": latent.half(), **stored(text)}
        if group in {"video-low", "video-high"}:
            tensors |= {"first": latent[:, :, 0].half(), "last": latent[:, :, -1].half()}
        if group == "personalization":
            tensors["reference"] = torch.randint(0, 256, (count, 3, 64, 64), generator=generator, dtype=torch.uint8)
        if group == "editing":
            tensors["source"] = latent.flip(-1).half()
        if group == "audio":
            tensors["latent"] = torch.randn(count, *size, 128, generator=generator).half()
            tensors["video"] = torch.randn(count, *size, 64, generator=generator).half()
        file = f"shard-{number}.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / file)
        shards.append(
            {
                "file": file,
                "sha256": sha256_file(folder / file),
                "group": group,
                "split": split,
                "bucket": list(size),
                "count": count,
            }
        )
    null = {name: tensor[0].clone() for name, tensor in stored(random_text(1, 12, generator=generator)).items()}
    for role, real in (("prompt", 2), ("long", 2), ("characters", 0)):
        null[f"text_{role}_mask"][real:] = 0
    save_file(null, folder / "null.safetensors")
    write_json(folder / "index.json", {"shards": shards, "text_encoders": {}})
    return folder / "index.json"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return write_index(
        tmp_path / "latents",
        [
            ("image-low", "train", (1, 4, 4), 20),
            ("image-low", "validation", (1, 4, 4), 5),
            ("video-low", "train", (2, 4, 4), 9),
            ("video-low", "train", (1, 4, 8), 7),
            ("video-low", "validation", (2, 4, 4), 4),
        ],
    )


@pytest.fixture
def recipe(index: Path) -> Callable[..., TrainingRecipe]:
    def make(**changes) -> TrainingRecipe:
        mix = (DataMix(str(index), "image-low", 1.0), DataMix(str(index), "video-low", 1.0))
        numbers = {"steps": 4, "batch_size": 4, "warmup": 2, "checkpoint_every": 2} | changes
        return TrainingRecipe("tiny", "video", TINY, mix, mix[:1], **numbers)

    return make
