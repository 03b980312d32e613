"""The autoencoders: of pictures and video, and of sound. Both train in one process."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import Artifact, Built
from assets.code_version import code_version
from assets.curation.loading import footage_paths
from assets.encoding.crops import PixelCrops, SoundCrops, footage_pixels
from assets.encoding.held_out import mean_colour_psnr, seen, sounding
from assets.encoding.plan import footage_rows
from assets.encoding.review import curve, dots, reconstructed_pictures, reconstructed_sounds
from assets.manifest import read_manifest
from assets.ports import Settings
from assets.sandbox_corpus.record import Record, corpus_records
from assets.store import Store
from assets.warm_start import begun
from models.files import read_json, sha256_file, write_json
from models.recipes import Profile
from serving.home import Home

_DATASET = "dataset.jsonl"
_HISTORY = "metrics.jsonl"
_FIGURES = "figures.json"
_GAIN = 3.0  # dB above a reconstruction that knows each clip's mean colour alone
_DOT = 6.0  # times the mean norm of a latent position
_TOLD_EVERY = 50  # steps


@dg.asset(group_name="autoencoder", kinds={"torch"}, owners=["team:models"], code_version=code_version(__name__))
def autoencoder(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    home: dg.ResourceParam[Home],
    dataset: Artifact,
    warm_start: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The Temporal Autoencoder: pictures and video to latents 8x8x8 smaller, and back.

    Trained on random crops of the sandbox corpus, rendered as they are drawn, and of the curated footage.
    """
    profile = settings.profile

    def build(folder: Path) -> Built:
        from models.autoencoder.train import train

        rows = read_manifest(dataset.folder / _DATASET)
        paths = footage_paths(home)
        footage = footage_pixels(footage_rows(rows, paths, "train"), profile)
        unseen = footage_pixels(footage_rows(rows, paths, "validation"), profile)
        records = corpus_records(rows)
        sample = PixelCrops(_training(records), footage, [profile.size_low, *profile.sizes_high])
        held_out = seen(records, unseen, profile)
        clips = [clip for found in held_out.values() for clip in found]
        metrics = train(begun(profile.autoencoder, warm_start), sample, clips, folder, _told(context))
        metrics |= {"psnr_mean_colour": mean_colour_psnr(clips), "dot": dots(folder, clips)}
        write_json(folder / _FIGURES, metrics)
        shown = {name: found[:2] for name, found in held_out.items()} | {"footage": (unseen or footage)[:2]}
        pictures = [reconstructed_pictures(folder / "reconstruction.png", folder, shown), curve(folder)]
        return Built(
            meta={"footage_clips": len(footage)}, metrics=metrics, pictures=pictures, history=folder / _HISTORY
        )

    inputs = {"dataset": dataset, "warm_start": warm_start}
    return store.produce(context, build=build, inputs=inputs, settings=_numbers(profile), tracked=True)


def _numbers(profile: Profile) -> dict[str, Any]:
    """The settings of an autoencoder: sizes, recipe, and the weights that its perceptual term sees with."""
    numbers = {"recipe": asdict(profile.autoencoder), "sizes": [profile.size_low, *profile.sizes_high]}
    weights = profile.autoencoder.perceptual_weights
    if weights is None or not weights.is_file():  # a file that is missing is what the training tells
        return numbers
    return numbers | {"perceptual": sha256_file(weights)}


@dg.asset(group_name="autoencoder", kinds={"torch"}, owners=["team:models"], code_version=code_version(__name__))
def codec(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    dataset: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The audio codec: 48 kHz sound to 25 latent frames a second of 128 channels, and back.

    Trained on the sounds of the sandbox corpus.
    """
    profile = settings.profile

    def build(folder: Path) -> Built:
        from models.codec.train import train

        records = corpus_records(read_manifest(dataset.folder / _DATASET))
        held_out = sounding(records)
        metrics = train(profile.codec, SoundCrops(_training(records)), held_out, folder, _told(context))
        write_json(folder / _FIGURES, metrics)
        pictures = [reconstructed_sounds(folder / "reconstruction.png", folder, held_out[:2]), curve(folder)]
        return Built(metrics=metrics, pictures=pictures, history=folder / _HISTORY)

    return store.produce(context, build=build, inputs={"dataset": dataset}, settings=profile.codec, tracked=True)


def _training(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.split == "train"]


def _told(context: dg.AssetExecutionContext) -> Callable[[int, int, dict[str, float]], None]:
    """Progress in the run's log, now and then."""

    def tell(step: int, steps: int, terms: Mapping[str, float]) -> None:
        if step % _TOLD_EVERY == 0 or step == steps:
            context.log.info("step %d of %d: %s", step, steps, ", ".join(f"{k} {v:.4g}" for k, v in terms.items()))

    return tell


@dg.asset_check(asset=autoencoder, blocking=True)
def pictures_come_back(autoencoder: Artifact) -> dg.AssetCheckResult:
    """Held-out clips come back better than any reconstruction that knows their mean colours alone; no latent dots."""
    figures = read_json(autoencoder.folder / _FIGURES)
    finite = all(math.isfinite(value) for value in figures.values())
    sharp = figures["psnr_video"] > figures["psnr_mean_colour"] + _GAIN
    even = figures["dot"] < _DOT
    return dg.AssetCheckResult(passed=finite and sharp and even, metadata=figures)


@dg.asset_check(asset=codec, blocking=True)
def sounds_come_back(codec: Artifact) -> dg.AssetCheckResult:
    """Held-out sounds come back with more signal than error, and every figure is finite."""
    figures = read_json(codec.folder / _FIGURES)
    finite = all(math.isfinite(value) for value in figures.values())
    return dg.AssetCheckResult(passed=finite and figures["si_snr"] > 0, metadata=figures)
