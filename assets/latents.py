"""Latents: every clip of the dataset version, encoded once, in shards that training reads."""

import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import dagster as dg
import numpy as np

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curation.loading import footage_paths
from assets.encoding.encoder import Encoder
from assets.encoding.plan import Part, plan
from assets.encoding.shards import NULL, read_index, read_shard, write_index, write_shard
from assets.manifest import read_manifest
from assets.pictures import bars
from assets.ports import Launcher, Settings
from assets.store import Store
from models.files import sha256_file
from models.text.files import digests
from serving.home import Home

_DATASET = "dataset.jsonl"
_SPREAD = (0.5, 2.0)  # of the standard deviation of normalised latents


@dg.asset(
    group_name="latents", kinds={"torch", "safetensors"}, owners=["team:data"], code_version=code_version(__name__)
)
def latents(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    home: dg.ResourceParam[Home],
    launcher: dg.ResourceParam[Launcher],
    dataset: Artifact,
    autoencoder: Artifact,
    codec: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The dataset as the transformers see it: normalised latents of pictures, videos and sounds beside text states.

    Shards by group, split and size. A finished shard is not made again after an interruption; the index comes last.
    """
    profile = settings.profile
    text = profile.backbone.text

    def build(folder: Path) -> Built:
        launcher.warm()  # what is encoded now is trained on next
        parts = plan(read_manifest(dataset.folder / _DATASET), footage_paths(home), profile)
        missing = [part for part in parts if not (folder / part.name).exists()]
        if missing or not (folder / NULL).exists():
            encoder = Encoder.load(autoencoder.folder, codec.folder, text)
            write_shard(folder / NULL, encoder.null())
            for number, part in enumerate(missing, 1):
                started = time.perf_counter()
                write_shard(folder / part.name, encoder.tensors(part))
                seconds = time.perf_counter() - started
                context.log.info(
                    "%d of %d: %s, %d clips in %.1f s", number, len(missing), part.name, len(part.clips), seconds
                )
        write_index(folder, parts, text, autoencoder.folder)
        counts = Counter[str]()
        for part in parts:
            counts[f"{part.group}_{part.split}"] += len(part.clips)
        return Built(
            meta={"shards": len(parts), "dataset_digest": dataset.meta["dvc_md5"], **counts},
            pictures=[_deviations(folder, parts)],
        )

    sizes = {
        "corpus": asdict(profile.corpus),
        "low": [*profile.size_low, profile.frames_low],
        "high": [*profile.sizes_high, profile.frames_high],
        "rates": profile.rates,
        "text": asdict(text),
        "encoders": digests(text),
    }
    inputs = {"dataset": dataset, "autoencoder": autoencoder, "codec": codec}
    return store.produce(context, build=build, inputs=inputs, settings=sizes)


def _deviations(folder: Path, parts: list[Part]) -> Path:
    """Standard deviation of each video latent channel about the common mean 0, by group of the training split."""
    squares: dict[str, list[np.ndarray]] = {}
    for part in parts:
        if part.split == "train" and part.group != "audio":
            latent = read_shard(folder / part.name)["latent"].astype(np.float32)
            squares.setdefault(part.group, []).append((latent**2).mean(axis=(0, 2, 3, 4)) * len(latent))
    counts = Counter[str]()
    for part in parts:
        if part.split == "train":
            counts[part.group] += len(part.clips)
    groups = {
        name: [float(v) for v in np.sqrt(np.sum(found, axis=0) / counts[name])] for name, found in squares.items()
    }
    return bars(folder / "deviations.png", groups, xlabel="latent channel", ylabel="root mean square")


@dg.asset_check(asset=latents, blocking=True)
def shards_are_sound(latents: Artifact) -> dg.AssetCheckResult:
    """Every shard is what the index says: digest, count, size; finite values; training latents of unit scale."""
    wrong: list[str] = []
    spread: dict[str, list[float]] = {}
    for entry in read_index(latents.folder)["shards"]:
        path = latents.folder / entry["file"]
        if sha256_file(path) != entry["sha256"]:
            wrong.append(f"{entry['file']} does not match its digest")
            continue
        tensors = read_shard(path)
        size = tensors["latent"].shape
        found = list(size[1:2]) if entry["group"] == "audio" else list(size[2:])
        if found != entry["bucket"] or any(len(tensor) != entry["count"] for tensor in tensors.values()):
            wrong.append(f"{entry['file']} holds {size}, not {entry['count']} of {entry['bucket']}")
        if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
            wrong.append(f"{entry['file']} holds values that are not finite")
        if entry["split"] == "train":
            kind = "audio" if entry["group"] == "audio" else "video"
            spread.setdefault(kind, []).append(float(tensors["latent"].astype(np.float32).std()))
    scales = {kind: float(np.mean(values)) for kind, values in spread.items()}
    wrong += [
        f"{kind} latents have a deviation of {value:.2f}, outside {_SPREAD}"
        for kind, value in scales.items()
        if not _SPREAD[0] < value < _SPREAD[1]
    ]
    metadata: dict[str, str | float] = {f"deviation_{kind}": value for kind, value in scales.items()}
    metadata["wrong"] = "; ".join(wrong) or "none"
    return dg.AssetCheckResult(passed=not wrong, metadata=metadata)
