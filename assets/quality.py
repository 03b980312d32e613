"""Quality of the averaged model: flow losses against controls, and what judges see in samples."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import DONE, SCRATCH, Artifact, Built
from assets.code_version import code_version
from assets.evaluation.prompts import EVALUATION_PROMPTS
from assets.evaluation.samples import Protocol
from assets.evaluation.serving_config import serving_config
from assets.ports import Settings
from assets.store import Store
from models.files import read_json, write_json
from models.recipes import Profile
from models.text.config import TextConfig
from serving.config import ServingConfig

REPORT = "evaluation.json"
_VIDEO_GROUPS = ("video-low", "video-high")
_BACKGROUND_FLOOR = 0.6


@dg.asset(group_name="evaluation", kinds={"torch"}, owners=["team:quality"], code_version=code_version(__name__))
def quality_report(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    averaged_model: Artifact,
    audio_model: Artifact,
    student_model: Artifact,
    autoencoder: Artifact,
    codec: Artifact,
    latents: Artifact,
) -> dg.MaterializeResult[Artifact]:
    """What the averaged model is worth.

    Validation flow loss (fixed noise and times) beside an untrained network's and beside its own with captions
    exchanged; the same of the audio model with videos exchanged; how near the student comes; and on fixed prompts,
    whether checkers that look at pixels alone find the background, the object's kind and colour, and the motion that
    were asked for. The prompts' scores are kept one by one: promotion compares them in pairs.
    """
    profile = settings.profile
    config = serving_config(profile)
    protocol = evaluation_protocol(profile, config)
    folders = {
        "backbone": averaged_model.folder,
        "audio_backbone": audio_model.folder,
        "autoencoder": autoencoder.folder,
        "codec": codec.folder,
    }

    def build(folder: Path) -> Built:
        student = _recorded("student", student_model.folder)
        return _evaluate(folder, folders, latents.folder, profile.backbone.text, config, protocol, student)

    return store.produce(
        context,
        build=build,
        inputs={
            "averaged_model": averaged_model,
            "audio_model": audio_model,
            "student_model": student_model,
            "autoencoder": autoencoder,
            "codec": codec,
            "latents": latents,
        },
        settings={"protocol": protocol.name, "config": config.model_dump(mode="json")},
        tracked=True,
    )


@dg.asset_check(asset=quality_report, blocking=True, description="Every figure is finite and every prompt was judged.")
def quality_is_complete(quality_report: Artifact, settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """A report with holes proves nothing."""
    import math

    report = read_json(quality_report.folder / REPORT)
    broken = [key for key, value in report["metrics"].items() if not math.isfinite(value)]
    missing = settings.profile.evaluation_prompts - len(report["scores"])
    return dg.AssetCheckResult(
        passed=not broken and missing == 0,
        description=f"not finite: {broken or 'none'}; prompts not judged: {missing}",
    )


@dg.asset_check(
    asset=quality_report, description="The model beats an untrained one, and itself with captions exchanged."
)
def beats_controls(quality_report: Artifact) -> dg.AssetCheckResult:
    """Told here early; promotion reads the evidence again and refuses."""
    metrics = read_json(quality_report.folder / REPORT)["metrics"]
    loss, untrained, exchanged = metrics["flow_loss"], metrics["flow_loss_untrained"], metrics["flow_loss_exchanged"]
    return dg.AssetCheckResult(
        passed=loss < min(untrained, exchanged),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"flow loss {loss:.4f}; untrained {untrained:.4f}; captions exchanged {exchanged:.4f}",
    )


@dg.asset_check(asset=quality_report, description="The background colour is right in at least 60% of the samples.")
def background_is_right(quality_report: Artifact) -> dg.AssetCheckResult:
    """One of ten colours: chance is 10%."""
    share = read_json(quality_report.folder / REPORT)["metrics"]["background_accuracy"]
    return dg.AssetCheckResult(
        passed=share >= _BACKGROUND_FLOOR,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"right in {share:.0%} of the samples",
    )


def evaluation_protocol(profile: Profile, config: ServingConfig) -> Protocol:
    """How a profile's models are sampled for judging: as a campaign's films are, wide and at full length."""
    return Protocol(
        prompts=EVALUATION_PROMPTS[: profile.evaluation_prompts],
        seeds=range(profile.evaluation_seeds),
        seconds=profile.frames_high / config.fps,
        aspect="16:9",
        steps=config.sampler.steps,
        guidance=config.sampler.guidance,
    )


def _evaluate(
    folder: Path,
    folders: dict[str, Path],
    latents: Path,
    text: TextConfig,
    config: ServingConfig,
    protocol: Protocol,
    student: dict[str, float],
) -> Built:
    from assets.evaluation.flow_loss import audio_losses, video_losses
    from assets.evaluation.samples import accuracies, draw_samples, prompt_scores
    from assets.pictures import contact_sheet
    from models.audio import load_audio_backbone
    from models.backbone import load_backbone
    from models.export.graphs import torch_graphs
    from models.text.encoders import save_tokenizers
    from serving.pipeline import Pipeline

    video = video_losses(load_backbone(folders["backbone"]), latents, _VIDEO_GROUPS)
    audio = audio_losses(load_audio_backbone(folders["audio_backbone"]), latents)
    pipeline = Pipeline(torch_graphs(folders), save_tokenizers(text, folder / SCRATCH), config)
    samples = list(draw_samples(pipeline, protocol))
    metrics: dict[str, float] = {
        "flow_loss": video.model,
        "flow_loss_untrained": video.untrained,
        "flow_loss_exchanged": video.exchanged,
        "audio_flow_loss": audio.model,
        "audio_flow_loss_untrained": audio.untrained,
        "audio_flow_loss_exchanged": audio.exchanged,
        **accuracies(samples),
        **_recorded("autoencoder", folders["autoencoder"]),
        **_recorded("codec", folders["codec"]),
        **student,
    }
    report: dict[str, Any] = {
        "protocol": protocol.name,
        "metrics": metrics,
        "validation_samples": {"video": video.samples, "audio": audio.samples},
        "scores": prompt_scores(samples),
        "samples": [
            {
                "prompt": sample.prompt.text,
                "seed": sample.seed,
                **asdict(sample.sight),
                "right": sample.right,
                "level_dbfs": sample.level,
            }
            for sample in samples
        ],
    }
    write_json(folder / REPORT, report)
    sheet = contact_sheet(
        folder / "samples.png",
        [(list(sample.frames), f"{sample.prompt.text}: {sample.verdict}") for sample in samples],
        columns=2,
    )
    return Built(meta={"protocol": protocol.name, "prompts": len(report["scores"])}, metrics=metrics, pictures=[sheet])


def _recorded(name: str, folder: Path) -> dict[str, float]:
    """The validation figures that a model's own training recorded, under its name."""
    return {f"{name}_{key}": float(value) for key, value in read_json(folder / DONE)["metrics"].items()}
