"""Shards of latents: the index that the ``latents`` asset writes, opened memory-mapped and verified."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models.files import read_json
from models.recipes import Split
from models.text.config import ROLES, TEXT_NAMES, mask_name
from models.training.errors import DataMissing, ShardDamaged
from models.training.verified import Verified

INDEX = "index.json"
NULL = "null.safetensors"
_MASKS = frozenset(mask_name(role) for role in ROLES)


@dataclass(frozen=True)
class Bucket:
    """Samples of one group and one latent size: the only ones that may share a batch.

    Attributes:
        group: ``image-low``, ``video-high``, ``audio``, ...
        size: Latent frames, height and width [T, h, w]; [A] for audio.
        parts: Memory-mapped tensors of each shard, by name.
    """

    group: str
    size: tuple[int, ...]
    parts: tuple[dict[str, Tensor], ...]

    def __len__(self) -> int:
        """Number of samples."""
        return sum(len(part["latent"]) for part in self.parts)

    def gather(self, rows: list[int]) -> dict[str, Tensor]:
        """The named samples, in that order, as the networks take them.

        Floats become float32, masks of texts bool, and the 8-bit ``reference`` image float32 in [-1, 1].
        """
        located = [self._locate(row) for row in rows]
        return {
            name: _decoded(name, torch.stack([self.parts[part][name][row] for part, row in located]))
            for name in self.parts[0]
        }

    def _locate(self, row: int) -> tuple[int, int]:
        for number, part in enumerate(self.parts):
            if row < len(part["latent"]):
                return number, row
            row -= len(part["latent"])
        raise IndexError(f"{self.group} {self.size} holds {len(self)} samples")


@dataclass(frozen=True)
class Shards:
    """One opened index: its buckets by group and split, and the empty caption.

    Attributes:
        buckets: (group, split) -> buckets, sorted by size.
        null: Of the empty caption: each text encoder's states [L, E], float32, and mask [L], bool.
        autoencoder: Folder of the one that the latents are of; None where the index does not say.
    """

    path: Path
    buckets: dict[tuple[str, str], tuple[Bucket, ...]]
    null: dict[str, Tensor]
    autoencoder: Path | None = None

    def group(self, name: str, split: Split) -> tuple[Bucket, ...]:
        """The buckets of a group. Raises DataMissing where there are none."""
        found = self.buckets.get((name, split), ())
        if not found:
            raise DataMissing(
                f"{self.path} holds no {split} samples of group {name!r}; it has {sorted(self.buckets)}: "
                "materialise latents again, or take the group out of the recipe"
            )
        return found


@lru_cache(maxsize=8)
def open_shards(index: Path, record: Path | None = None) -> Shards:
    """Open an index; every shard's checksum is verified, once a process.

    Args:
        index: Path of ``index.json``; its shards and ``null.safetensors`` lie beside it.
        record: Where it is kept which shards were verified before; those are not read again unless they were written.

    Raises:
        ShardDamaged: A shard is missing, cut short, or not what the index says.
    """
    found: dict[tuple[str, str], dict[tuple[int, ...], list[dict[str, Tensor]]]] = {}
    verified = Verified(record)
    listed = read_json(index)
    for entry in listed["shards"]:
        if not entry["count"]:
            continue
        tensors = _mapped(index.parent / entry["file"], entry["sha256"], verified)
        if any(len(tensor) != entry["count"] for tensor in tensors.values()):
            raise ShardDamaged(f"{index.parent / entry['file']} does not hold {entry['count']} samples: cache it again")
        by_size = found.setdefault((entry["group"], entry["split"]), {})
        by_size.setdefault(tuple(entry["bucket"]), []).append(tensors)
    verified.save()
    buckets = {
        key: tuple(Bucket(key[0], size, tuple(parts)) for size, parts in sorted(by_size.items()))
        for key, by_size in found.items()
    }
    null = {name: _decoded(name, tensor) for name, tensor in _mapped(index.parent / NULL).items()}
    if missing := [name for name in TEXT_NAMES if name not in null]:
        raise ShardDamaged(f"{index.parent / NULL} lacks {missing}: cache latents again, with all text encoders")
    autoencoder = listed.get("autoencoder")
    return Shards(index, buckets, null, None if autoencoder is None else index.parent / autoencoder)


def _mapped(path: Path, sha256: str = "", verified: Verified | None = None) -> dict[str, Tensor]:
    try:
        if verified is not None and not verified.holds(path, sha256):
            raise ShardDamaged(
                f"{path} does not match its checksum in {INDEX}: delete its folder and cache latents again"
            )
        with safe_open(path, framework="pt") as stored:
            return {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (not a dict)
    except (FileNotFoundError, SafetensorError) as error:
        raise ShardDamaged(f"{path} cannot be read ({error}): cache latents again") from error


def _decoded(name: str, stored: Tensor) -> Tensor:
    if name in _MASKS:
        return stored.bool()
    if name == "reference" and stored.dtype == torch.uint8:
        return stored.float() / 127.5 - 1
    return stored.float()
