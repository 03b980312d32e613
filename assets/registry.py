"""The registry: each finished model as one version with its evidence, and the decision which one serves."""

import tempfile
from pathlib import Path

import dagster as dg

from assets.artifact import Artifact, folder_digest
from assets.code_version import code_version
from assets.evaluation.evidence import EVIDENCE, Evidence
from assets.evaluation.parity import beyond
from assets.evaluation.promotion import promote_challenger
from assets.evaluation.serving_config import serving_config
from assets.export import BUNDLE, PARITY, git_commit
from assets.ports import Registry, Settings
from assets.quality import REPORT, evaluation_protocol
from assets.safety import REPORT as SAFETY_REPORT
from assets.store import Store
from assets.warm_start import LEARNT, TAGS
from models.files import read_json, write_json

champion = dg.AssetSpec(
    "champion",
    group_name="registry",
    kinds={"mlflow"},
    owners=["team:serving"],
    description="The model version in `var/champion`, which serves now; a sensor reports each promotion and rollback.",
    deps=["promotion"],
)


@dg.asset(group_name="registry", kinds={"mlflow"}, owners=["team:serving"], code_version=code_version(__name__))
def model_version(
    context: dg.AssetExecutionContext,
    registry: dg.ResourceParam[Registry],
    store: dg.ResourceParam[Store],
    serving_bundle: Artifact,
    quality_report: Artifact,
    safety_report: Artifact,
    averaged_model: Artifact,
    autoencoder: Artifact,
    warm_start: Artifact,
) -> dg.MaterializeResult:
    """One MLflow model version: a pyfunc on numpy and ONNX Runtime that holds the bundle, and the evidence about it.

    The same bundle with the same evidence is the same version, however often this runs. It becomes the challenger.
    """
    evidence = gather_evidence(serving_bundle, quality_report, safety_report)
    inputs = {"bundle": serving_bundle, "quality": quality_report, "safety": safety_report}
    made_of = {"backbone": averaged_model, "autoencoder": autoencoder, "origin": warm_start}
    tags = {
        "git": git_commit(),
        "dagster_run_id": context.run_id,
        "dataset_digest": str(serving_bundle.meta["dataset_digest"]),
        **{f"parent.{name}": artifact.run_id for name, artifact in inputs.items() if artifact.run_id},
        LEARNT: ",".join(warm_start.meta.get(LEARNT, ())),
        **{TAGS[part]: str(artifact.folder.relative_to(store.root)) for part, artifact in made_of.items()},
    }
    metrics = read_json(quality_report.folder / REPORT)["metrics"]
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch) / EVIDENCE
        write_json(document, evidence.to_json())
        version = registry.register(serving_bundle.folder / BUNDLE, document, tags=tags, metrics=metrics)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(str(version.number)),
        metadata={
            "version": version.number,
            "model_id": version.model_id,
            "bundle": dg.MetadataValue.path(str(version.bundle)),
            "tags": dg.MetadataValue.json(dict(version.tags)),
            **{key: dg.MetadataValue.float(value) for key, value in metrics.items()},
        },
    )


@dg.asset(
    group_name="registry",
    kinds={"mlflow"},
    owners=["team:serving"],
    code_version=code_version(__name__),
    deps=[model_version],
    check_specs=[
        dg.AssetCheckSpec(
            "challenger_may_serve",
            asset="promotion",
            description="Integrity, parity, safety, better than its controls, not worse than the champion.",
        )
    ],
)
def promotion(
    context: dg.AssetExecutionContext, registry: dg.ResourceParam[Registry], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult:
    """The decision whether the challenger serves, from evidence read back from the registry.

    Promoted: the aliases move, and the serving folder is exported in one atomic step. Refused: the champion stays,
    and the reasons are here. Either way nothing of this run is trusted but what the registry holds.
    """
    profile = settings.profile
    protocol = evaluation_protocol(profile, serving_config(profile))
    outcome = promote_challenger(registry, protocol)
    for line in (*outcome.decision.passed, *outcome.decision.failures):
        context.log.info("%s", line)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(str(outcome.serving)),
        metadata=outcome.metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="challenger_may_serve",
                passed=outcome.decision.promote,
                severity=dg.AssetCheckSeverity.ERROR,
                description="; ".join(outcome.decision.failures) or "no gate failed",
            )
        ],
    )


def gather_evidence(serving_bundle: Artifact, quality_report: Artifact, safety_report: Artifact) -> Evidence:
    """What was measured of a bundle, in one document."""
    quality = read_json(quality_report.folder / REPORT)
    parity = read_json(serving_bundle.folder / PARITY)
    metrics = quality["metrics"]
    return Evidence(
        bundle_digest=folder_digest(serving_bundle.folder / BUNDLE),
        protocol=quality["protocol"],
        parity=parity["graphs"],
        parity_tolerance=parity["tolerance"],
        safety=read_json(safety_report.folder / SAFETY_REPORT)["gates"] | {"export": not beyond(parity)},
        loss=metrics["flow_loss"],
        loss_untrained=metrics["flow_loss_untrained"],
        loss_shuffled=metrics["flow_loss_exchanged"],
        scores=quality["scores"],
        metrics=metrics,
    )
