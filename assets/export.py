"""Export: every graph that serving needs as ONNX, in one verified bundle."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np

from assets.artifact import SCRATCH, Artifact, Built
from assets.code_version import code_version
from assets.evaluation.parity import TOLERANCE, beyond
from assets.evaluation.serving_config import serving_config
from assets.ports import Settings
from assets.store import Store
from assets.warm_start import LEARNT
from models.files import read_json, sha256_file, write_json
from models.recipes import Profile
from models.starter import UPSAMPLER, WEIGHTS
from models.text.files import digests
from serving.config import ServingConfig
from serving.home import REPOSITORY, Home

if TYPE_CHECKING:
    from torch import nn

BUNDLE = "bundle"
PARITY = "parity.json"
MODEL_NAME = "cinemill"


@dg.asset(group_name="export", kinds={"onnx", "torch"}, owners=["team:serving"], code_version=code_version(__name__))
def serving_bundle(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    home: dg.ResourceParam[Home],
    averaged_model: Artifact,
    personalized_model: Artifact,
    editing_model: Artifact,
    image_to_video_model: Artifact,
    audio_model: Artifact,
    student_model: Artifact,
    autoencoder: Artifact,
    codec: Artifact,
    dataset: Artifact,
    warm_start: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """The model as serving takes it: ONNX graphs, tokenizers, configuration and lineage, each file with its digest.

    Every graph is compared with torch at four sizes it was not traced at, and one sample with sound end to end.
    Step caching is calibrated on it. Lighter variants of the graphs lie beside the full ones.
    """
    config = serving_config(settings.profile)
    inputs = {
        "averaged_model": averaged_model,
        "personalized_model": personalized_model,
        "editing_model": editing_model,
        "image_to_video_model": image_to_video_model,
        "audio_model": audio_model,
        "student_model": student_model,
        "autoencoder": autoencoder,
        "codec": codec,
    }
    folders = {
        "backbone": averaged_model.folder,
        "personalized_backbone": personalized_model.folder,
        "editing_backbone": editing_model.folder,
        "known_backbone": image_to_video_model.folder,
        "audio_backbone": audio_model.folder,
        "autoencoder": autoencoder.folder,
        "codec": codec.folder,
    }
    given: dict[str, Any] = {"config": config.model_dump(mode="json"), "variants": settings.profile.variants}
    given["encoders"] = digests(settings.profile.backbone.text)
    if settings.profile.upsampler == "starter":
        folders["upsampler"] = UPSAMPLER
        given["upsampler"] = sha256_file(UPSAMPLER / WEIGHTS)
    learnt = warm_start.meta.get(LEARNT, ())
    if learnt:
        given[LEARNT] = learnt
    lineage = {
        "dataset_digest": dataset.meta["dvc_md5"],
        "git": git_commit(),
        "dagster_run": context.run_id,
        "mlflow_run": averaged_model.run_id,
        "attributions": _attributions(home, [dataset.meta["dvc_md5"], *learnt]),
        "parents": sorted(artifact.run_id for artifact in inputs.values() if artifact.run_id),
        "model_name": MODEL_NAME,
        "model_version": None,
    }

    def build(folder: Path) -> Built:
        from models.distillation import STUDENTS

        merged = STUDENTS.merged(student_model.folder, averaged_model.folder, folder / SCRATCH / "student")
        return _export(folder, {**folders, "student": merged}, settings.profile, config, lineage)

    return store.produce(
        context,
        build=build,
        inputs={**inputs, "dataset": dataset},
        settings=given,
        tracked=True,
    )


@dg.asset_check(asset=serving_bundle, blocking=True, description="Every exported graph agrees with torch.")
def graphs_agree_with_torch(serving_bundle: Artifact) -> dg.AssetCheckResult:
    """Largest absolute difference of each graph, of a sample's frames and sound; how far lighter variants are off."""
    found = read_json(serving_bundle.folder / PARITY)
    over, whole = beyond(found), found["end_to_end"]
    return dg.AssetCheckResult(
        passed=not over,
        description=f"beyond what they may: {over or 'none'}; a sample differs by {whole['pixels']:g} of 255, "
        f"its sound by {whole['audio']:.1e}",
        metadata={name: dg.MetadataValue.float(value) for name, value in found["graphs"].items()},
    )


@dg.asset_check(asset=serving_bundle, blocking=True, description="The bundle's files match its manifest.")
def bundle_is_intact(serving_bundle: Artifact) -> dg.AssetCheckResult:
    """Loads it as serving does."""
    from serving.bundle import Bundle

    bundle = Bundle.load(serving_bundle.folder / BUNDLE)
    return dg.AssetCheckResult(passed=True, description=f"{len(bundle.graphs)} graphs verified")


def git_commit() -> str:
    """The checkout's commit, with ``+`` when files differ from it; ``unknown`` outside a git checkout."""
    try:
        head = _git("rev-parse", "HEAD")
        return f"{head}+" if _git("status", "--porcelain", "--untracked-files=no") else head
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _attributions(home: Home, datasets: Sequence[str]) -> list[str]:
    """Credits that the licences of the training footage ask for: they follow the model into every campaign.

    Args:
        home: Whose catalog knows the footage.
        datasets: Digests of the model's own dataset version and of those that its weights had learnt before.
    """
    from serving.catalog import Catalog

    with closing(Catalog(home.catalog_url)) as catalog:
        sources = [source for digest in datasets for source in catalog.sources_of_dataset(digest)]
    return sorted({source.attribution for source in sources if source.attribution})


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _export(
    folder: Path, folders: Mapping[str, Path], profile: Profile, config: ServingConfig, lineage: Mapping[str, Any]
) -> Built:
    from assets.evaluation.calibration import calibration
    from assets.evaluation.parity import end_to_end, graph_parity
    from models.export.files import graph_bytes
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graphs
    from models.export.variants import export_variant
    from models.text.encoders import save_tokenizers
    from serving.bundle import write_bundle, write_manifest

    began = time.monotonic()
    exported = export_graphs(folders, folder / SCRATCH)
    seconds = round(time.monotonic() - began, 2)
    modules = graph_modules(folders)
    lighter: dict[str, dict[str, Path]] = {
        variant: export_variant(variant, exported, folder / SCRATCH) for variant in profile.variants
    }
    tokenizers = save_tokenizers(profile.backbone.text, folder / SCRATCH)
    manifest = write_bundle(
        folder / BUNDLE,
        name=MODEL_NAME,
        graphs=exported,
        tokenizers=tokenizers,
        config=config,
        lineage=lineage,
        variants=lighter,
    )
    began = time.monotonic()
    config = config.model_copy(update={"calibration": calibration(folder / BUNDLE, profile.world)})
    write_manifest(folder / BUNDLE, manifest.model_copy(update={"config": config}))
    calibration_seconds = round(time.monotonic() - began, 2)
    differences = graph_parity(exported, modules, config)
    whole = end_to_end(folder / BUNDLE, modules, config)
    sizes = {name: graph_bytes(path) for name, path in exported.items()}
    variants = {variant: _compared(changed, modules, config) for variant, changed in lighter.items()}
    write_json(
        folder / PARITY,
        {
            "tolerance": TOLERANCE,
            "graphs": differences,
            "end_to_end": whole.as_json(),
            "bytes": sizes,
            "seconds": seconds,
            "variants": variants,
        },
    )
    metrics = {
        "parity_worst": float(np.max(list(differences.values()))),
        "parity_pixels": whole.pixels,
        "parity_audio": whole.audio,
        "megabytes": sum(sizes.values()) / 1e6,
        **{f"megabytes_{variant}": sum(found["bytes"].values()) / 1e6 for variant, found in variants.items()},
        **{
            f"deviation_{variant}": float(np.max(list(found["graphs"].values()))) for variant, found in variants.items()
        },
        "export_seconds": seconds,
        "calibration_seconds": calibration_seconds,
    }
    return Built(meta={"graphs": len(exported), "dataset_digest": lineage["dataset_digest"]}, metrics=metrics)


def _compared(
    changed: Mapping[str, Path], modules: "Mapping[str, nn.Module]", config: ServingConfig
) -> dict[str, dict[str, float]]:
    """Of the graphs of a variant: how far they are from torch, and their bytes."""
    from assets.evaluation.parity import variant_deviations
    from models.export.files import graph_bytes

    return {
        "graphs": variant_deviations(changed, modules, config),
        "bytes": {name: float(graph_bytes(path)) for name, path in changed.items()},
    }
