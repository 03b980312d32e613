"""Writing shards: one safetensors file a part, then the index that vouches for them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.encoding.plan import Part
from models.files import atomic_path, read_json, sha256_file, write_json
from models.text.config import TextConfig

INDEX = "index.json"
NULL = "null.safetensors"


def write_shard(path: Path, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    """Write tensors to a safetensors file atomically: a file that is there is whole."""
    from safetensors.numpy import save_file

    with atomic_path(path) as temporary:
        save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, temporary)


def read_shard(path: Path) -> dict[str, NDArray[np.generic]]:
    """The tensors of a shard."""
    from safetensors.numpy import load_file

    return dict(load_file(path))


def write_index(folder: Path, parts: Sequence[Part], text: TextConfig, autoencoder: Path | None = None) -> None:
    """Write ``index.json`` over the finished shards of ``parts`` and their text encoders, last of all.

    Args:
        folder: Of the shards.
        parts: What they hold.
        text: The encoders of the captions.
        autoencoder: Folder of the one whose latents they are; kept relative to ``folder``, by which trainings find it
            to draw samples.
    """
    shards = []
    for part in parts:
        path = folder / part.name
        latent = _shape(path, "latent")
        bucket = [latent[1]] if part.group == "audio" else list(latent[2:])
        shards.append(
            {
                "file": part.name,
                "sha256": sha256_file(path),
                "group": part.group,
                "split": part.split,
                "bucket": bucket,
                "count": latent[0],
            }
        )
    index = {"shards": shards, "text_encoders": asdict(text)}
    if autoencoder is not None:
        index["autoencoder"] = os.path.relpath(autoencoder, folder)
    write_json(folder / INDEX, index)


def read_index(folder: Path) -> dict[str, Any]:
    """The index of a latents folder."""
    return dict(read_json(folder / INDEX))


def _shape(path: Path, name: str) -> list[int]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as stored:
        return list(stored.get_slice(name).get_shape())
